import { countTargets } from "../../engine/loss";
import type { Problem } from "../../engine/model";

/** Why a problem cannot be trained on, as a sentence goes on; null where there is something to learn. */
export function whyNotTrainable({ sequences, model }: Problem): string | null {
  if (sequences.length === 0) return "the file has no sequences";
  if (!model.loss) return 'the file has no "loss"';
  if (!sequences.some((sequence) => countTargets(sequence) > 0)) return "no sequence has a target";
  return null;
}
