/** What pasting numbers and copying probes need only once somebody does. */
export * from "./copyProbe";
export * from "./pasteEdit";
export * from "./pasteNumbers";
