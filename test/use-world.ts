import { afterAll, beforeAll } from '@jest/globals';
import { World } from './world.js';

export let world: World;

/** Starts `world` before the tests of a spec file and stops it after them. */
export function useWorld(options: Parameters<typeof World.start>[0] = {}): void {
  beforeAll(async () => {
    world = await World.start(options);
  }, 90_000);
  afterAll(() => world?.stop(), 60_000);
}
