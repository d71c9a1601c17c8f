/**
 * The processor's time that work takes: what a test can bound, since other programs do not add to it.
 * @returns milliseconds of all threads of this process
 */
export function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return processorMsSince(before);
}

/** The same from an earlier `process.cpuUsage()` on, for work that waits in between. */
export function processorMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
