import type { Page } from 'playwright-core';

/** Opens a page of the application and waits until it has loaded what it shows. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.locator('main h1').first().waitFor();
  await page.waitForLoadState('networkidle');
  await loaded(page);
}

/** Waits until nothing on the page says that it is being loaded. */
export async function loaded(page: Page): Promise<void> {
  const loading = page.locator('.ant-skeleton-active, .ant-spin-spinning, .ant-card-loading');
  await loading.first().waitFor({ state: 'detached' });
  await shownFully(page);
}

/** Waits until what fades in has faded in: it has its colours only then. One transition may replace another. */
export async function shownFully(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const running = () => document.getAnimations().filter(({ effect, playState }) =>
      playState === 'running' && effect.getComputedTiming().endTime !== Infinity);
    do {
      await Promise.allSettled(running().map(({ finished }) => finished));
      await frame().then(frame);
    } while (running().length > 0);
  })()`);
}
