/**
 * Runs `run` once after `ms` milliseconds and returns the function that calls it off; calling off twice, or too late, does
 * nothing. Passed in wherever something waits, so that tests own the time.
 */
export type Schedule = (run: () => void, ms: number) => () => void;

/** The timers of the machine. They do not hold the process open: whoever serves holds it. */
export const systemSchedule: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
};
