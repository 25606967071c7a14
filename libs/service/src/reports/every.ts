/** Runs `task`, which never rejects, at once and then every `ms`, never twice at a time. @returns `first` resolves after the first run. */
export function every(ms: number, task: () => Promise<void>): { first: Promise<void>; end(): void } {
  let isRunning = false;
  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    await task();
    isRunning = false;
  };
  const first = run();
  const timer = setInterval(() => void run(), ms);
  return { first, end: () => clearInterval(timer) };
}
