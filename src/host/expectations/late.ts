/** What expectations need only once a file has some, or is to get some. */
export * from "./copyMarks";
export * from "./hideAnswers";
export * from "./names";
export * from "./showSlip";
export * from "./takeDown";
