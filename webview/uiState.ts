/** What the user chose about the view; kept with the webview's state, so that it survives hiding and reloading. */

import { type CopyFormat, type UnitOrder, unitOrders } from "../src/protocol/panel";

export const tabs = ["step", "parameters", "explain", "training", "predict", "compare"] as const;

export type Tab = (typeof tabs)[number];

export interface UiState {
  readonly tab: Tab;
  /** Track ids, in the user's order. */
  readonly order: readonly string[];
  readonly hidden: readonly string[];
  /** Names of folded track groups. */
  readonly folded: readonly string[];
  /** Tracks whose rows are drawn tall. */
  readonly expanded: readonly string[];
  /** In which order the units of a layer stand in its tracks. */
  readonly unitOrder: UnitOrder;
  /** Parameters that are open or closed against the rule. */
  readonly toggledParameters: readonly string[];
  /** The steps shown; null is all of them. */
  readonly view: { readonly from: number; readonly span: number } | null;
  /** Height in pixels of the tracks' pane; null is what it needs, up to a part of the panel. */
  readonly paneHeight: number | null;
  readonly logAxis: boolean;
  /** The numbers that were explained, the one that is shown last. */
  readonly trail: readonly string[];
  /** Numbers that are open in the tree of a derivation: each by the way that leads to it. */
  readonly opened: readonly string[];
  readonly copyFormat: CopyFormat;
}

export const initialUi: UiState = {
  tab: "step",
  order: [],
  hidden: [],
  folded: [],
  expanded: [],
  unitOrder: "file",
  toggledParameters: [],
  view: null,
  paneHeight: null,
  logAxis: false,
  trail: [],
  opened: [],
  copyFormat: "latex",
};

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");

/** What was kept, entry by entry; what is missing or of another shape is as at first. */
export function restoreUi(saved: unknown): UiState {
  if (typeof saved !== "object" || saved === null) return initialUi;
  const old = saved as Record<string, unknown>;
  const strings = (key: "order" | "hidden" | "folded" | "expanded" | "toggledParameters" | "trail" | "opened") => {
    const value = old[key];
    return isStrings(value) ? value : initialUi[key];
  };
  const { tab, view, paneHeight, logAxis, copyFormat, unitOrder } = old;
  const { from, span } = (typeof view === "object" && view !== null ? view : {}) as Record<string, unknown>;
  return {
    tab: tabs.find((one) => one === tab) ?? "step",
    order: strings("order"),
    hidden: strings("hidden"),
    folded: strings("folded"),
    expanded: strings("expanded"),
    unitOrder: unitOrders.find((one) => one === unitOrder) ?? "file",
    toggledParameters: strings("toggledParameters"),
    view: typeof from === "number" && typeof span === "number" ? { from, span } : null,
    paneHeight: typeof paneHeight === "number" ? paneHeight : null,
    logAxis: logAxis === true,
    trail: strings("trail"),
    opened: strings("opened"),
    copyFormat: copyFormat === "markdown" || copyFormat === "text" ? copyFormat : "latex",
  };
}

/** The list with the entry if it was without, and without it if it was with. */
export function toggled(list: readonly string[], entry: string): string[] {
  return list.includes(entry) ? list.filter((other) => other !== entry) : [...list, entry];
}
