/** Runs `task`, which never rejects, at once and then every `ms`, never twice at a time. Returns a function that ends it. */
export function every(ms: number, task: () => Promise<void>): () => void {
  let isRunning = false;
  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    await task();
    isRunning = false;
  };
  void run();
  const timer = setInterval(() => void run(), ms);
  return () => clearInterval(timer);
}
