import type { ComparisonCurves, ComparisonState } from "../../protocol/comparison";

/** What a run was held against, and the curves that are asked for as they are chosen. */
export interface ShownComparison {
  readonly state: ComparisonState;
  /** @throws RangeError where there is no such quantity or unit */
  curves(quantity: number, unit: number): ComparisonCurves;
  /** The text with the convention that fits taken over; null where there is none to take. */
  readonly take: ((text: string) => string) | null;
}

export const noComparison: ShownComparison = {
  state: { kind: "none" },
  curves() {
    throw new RangeError("nothing has been compared");
  },
  take: null,
};
