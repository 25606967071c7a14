import type { Page } from 'playwright-core';

/** The middle of some numbers. */
export function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** How long each interaction during `act` took until the next paint, in ms, if it was 16 ms or more. */
export async function interactionsOf(page: Page, act: () => Promise<void>): Promise<number[]> {
  await page.evaluate(`
    globalThis.interactions = {};
    new PerformanceObserver((list) => {
      for (const { interactionId: id, duration } of list.getEntries())
        if (id > 0) interactions[id] = Math.max(interactions[id] ?? 0, duration);
    }).observe({ type: 'event', durationThreshold: 16 });`);
  await act();
  // Entries come after the paint that they end with.
  await page.evaluate(
    'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
  );
  return page.evaluate<number[]>('Object.values(interactions)');
}

/** How long the slowest answer of an RPC took since the page was opened, up to its last byte, in ms; 0 without any. */
export function answersOf(page: Page): Promise<number> {
  return page.evaluate<number>(`Math.max(0, ...performance.getEntriesByType('resource')
    .filter(({ name, initiatorType }) => name.includes('/api/') && initiatorType === 'fetch')
    .map(({ requestStart, responseEnd }) => responseEnd - requestStart))`);
}

/** Measures the processor time that the page's thread uses from now on, in ms: unlike elapsed time, it does not grow with what else runs. */
export async function cpuOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    await session.detach();
    return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
  };
}
