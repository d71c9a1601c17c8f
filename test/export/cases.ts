import type { Problem } from "../../src/engine/model";
import { Stepper } from "../../src/stepper/stepper";

/** What an exporter is given: a run and its problem. */
export const sourceOf = (problem: Problem): Stepper => new Stepper(problem, 0);

/** A document's text up to its answer key, and from there on. */
export function splitAtKey(text: string): [string, string] {
  const at = text.indexOf("Answer key</h2>") >= 0 ? text.indexOf("Answer key</h2>") : text.indexOf("## Answer key");
  if (at < 0) throw new Error("the worksheet has no answer key");
  return [text.slice(0, at), text.slice(at)];
}
