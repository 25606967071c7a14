import type { Stack } from '@wxa/stack';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { User } from '../console/new-user.js';

export type Language = 'zh' | 'en';

/** How a visitor sees the console. */
export interface Sight {
  language?: Language;
  colors?: 'light' | 'dark';
  width?: number;
  /** Instead of the operator; null: somebody who has yet to log in. */
  user?: User | null;
}

export const HEIGHT = 800;
/** Written by the browser itself. */
const OF_NETWORK = /^Failed to load resource: (net::|the server responded with a status of)/;

/**
 * Runs in each page: the sum of its layout shifts, and how often its user has clicked. Playwright stops at the window a click that
 * something else has moved in the way of, and clicks again.
 */
const COUNTS = `
  globalThis.shifts = 0;
  globalThis.clicks = 0;
  document.addEventListener('pointerdown', () => (globalThis.clicks += 1), true);
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) globalThis.shifts += value;
  }).observe({ type: 'layout-shift', buffered: true });`;

/** Opens tabs of the console, and collects what a browser complains about: nothing of that is expected. */
export class Tabs {
  readonly #problems: string[] = [];
  readonly #contexts: BrowserContext[] = [];
  #state: Awaited<ReturnType<BrowserContext['storageState']>> | undefined;

  constructor(
    private readonly browser: Browser,
    readonly console: NonNullable<Stack['console']>,
  ) {}

  async open(sight: Sight = {}): Promise<Page> {
    const { language = 'zh', colors = 'light', width = 1280, user } = sight;
    const options: BrowserContextOptions = {
      baseURL: this.console.url,
      viewport: { width, height: HEIGHT },
      colorScheme: colors,
      locale: language === 'zh' ? 'zh-CN' : 'en-US',
      timezoneId: 'Asia/Shanghai',
    };
    if (user === undefined) options.storageState = await this.#loggedIn();
    const context = await this.browser.newContext(options);
    this.#contexts.push(context);
    await context.addInitScript({ content: COUNTS });
    await context.addCookies([{ name: 'wxa_language', value: language, url: this.console.url }]);
    const page = await this.another(context);
    if (user) await this.logIn(page, user);
    return page;
  }

  /** One more tab of the same visitor. */
  async another(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', ({ message }) => this.#problems.push(`${page.url()}: ${message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.#problems.push(`${page.url()}: ${message.text()}`);
    });
    return page;
  }

  /** Logs in, by default as the operator. */
  async logIn(page: Page, user: Partial<User> = {}): Promise<void> {
    if (!page.url().includes('/login')) await page.goto('/login?to=/lanes');
    await page.fill('[name=name]', user.name ?? this.console.user);
    await page.fill('[name=password]', user.password ?? this.console.password);
    const answer = page.waitForResponse((one) => new URL(one.url()).pathname === '/login');
    await page.click('main button[type=submit]');
    if ((await answer).ok()) await page.waitForURL(({ pathname }) => pathname !== '/login');
  }

  /** Set by a test that stops the console or asks for what is refused. */
  toleratesNetwork = false;

  /** What browsers complained about since the last call. */
  problems(): string[] {
    const isExpected = (problem: string) =>
      this.toleratesNetwork && OF_NETWORK.test(problem.replace(/^\S+ /, ''));
    return this.#problems.splice(0).filter((problem) => !isExpected(problem));
  }

  async close(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  /** The cookies of the operator, who logs in once. */
  async #loggedIn() {
    if (this.#state !== undefined) return this.#state;
    const page = await this.open({ user: null });
    await this.logIn(page);
    this.#state = await page.context().storageState();
    await page.context().close();
    return this.#state;
  }
}
