import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { World, type WorldOptions } from '../world.js';
import { startChromium } from './chromium.js';
import { Tabs } from './tabs.js';

export let world: World;
export let tabs: Tabs;

/** Starts a world with a console and a browser before the tests of a file; after each test, no browser may have complained. */
export function useTabs(options: WorldOptions = {}): void {
  let browser: Browser | undefined;
  beforeAll(async () => {
    [world, browser] = await Promise.all([
      World.start({ ...options, withConsole: true, follow: false }),
      startChromium(),
    ]);
    if (world.stack.console === undefined) throw new Error('the stack has no console');
    tabs = new Tabs(browser, world.stack.console);
  });
  afterEach(async () => {
    await tabs.close();
    expect(tabs.problems()).toEqual([]);
    tabs.toleratesNetwork = false;
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });
}
