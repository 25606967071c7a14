const CONCURRENT = 10;

/** Runs `act` for each item, 10 at once, in their order. After an error none begins, and it rejects once all have ended. */
export async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  let failure: { error: unknown } | undefined;
  const run = async () => {
    for (const item of left) {
      if (failure !== undefined) return;
      try {
        await act(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, run));
  if (failure !== undefined) throw failure.error;
}
