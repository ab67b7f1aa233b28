/** Processor time of synchronous work in milliseconds: unlike the clock on the wall it does not grow when others keep the machine busy. */
export function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
