/** How a batch stands. */
export interface Progress<Item> {
  succeeded: Item[];
  failed: { item: Item; error: unknown }[];
}

/** At most so many calls of a batch are made at a time. */
const AT_ONCE = 4;

/** Runs one call for each item. A failure does not stop the others. */
export async function runBatch<Item>(
  items: readonly Item[],
  run: (item: Item) => Promise<unknown>,
  onProgress: (progress: Progress<Item>) => void,
): Promise<Progress<Item>> {
  const progress: Progress<Item> = { succeeded: [], failed: [] };
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) {
      try {
        await run(item);
        progress.succeeded.push(item);
      } catch (error) {
        progress.failed.push({ item, error });
      }
      onProgress({ ...progress });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return progress;
}
