import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose_gc");
const collect = runInNewContext("gc") as () => void;

/** What is still in use of this process' memory, in bytes: what nobody holds any more is collected first, whoever has left it. */
export function usedBytes(): number {
  // What frees arrays ends with the next collection.
  for (let k = 0; k < 2; k++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
