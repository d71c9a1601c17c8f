/** How the runs are computed that a panel shows. */
import type { RunOptions } from "../../engine/run";
import { arithmeticFrom } from "../../kernels/arithmetic";
import { Scanning } from "./scan";

/** On the kernels where that is worth it, and looked through meanwhile. @param folder where the compiled kernels lie */
export function runOptions(folder: string): RunOptions {
  return { arithmetic: arithmeticFrom(folder), look: (run) => new Scanning(run) };
}
