/** Makes an attempt of which a stall of the machine changes the result: one that fails is made again, at most 5 times, if it took longer. */
export async function attemptWithin<T>(ms: number, attempt: () => Promise<T>): Promise<T> {
  for (let left = 5; ; left -= 1) {
    const startedAt = performance.now();
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || performance.now() - startedAt <= ms) throw error;
    }
  }
}
