const QUIET_MS = 2000;

/** Runs `task`. On a terminal, prints `label` to stderr if it takes more than 2 s. */
export async function withProgress<T>(label: string, task: Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return task;
  const startedAt = Date.now();
  let isPrinted = false;
  const timer = setTimeout(() => {
    isPrinted = true;
    process.stderr.write(`${label} …`);
  }, QUIET_MS);
  try {
    return await task;
  } finally {
    clearTimeout(timer);
    if (isPrinted) process.stderr.write(` ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
  }
}
