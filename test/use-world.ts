import { afterAll, beforeAll } from '@jest/globals';
import { stops } from './runner/shared.js';
import { World, type WorldOptions } from './world.js';

/** The worlds that spec files share, by what their tests need. */
const SHARED = {
  /** Calls and leases that end soon, so that lost answers are found soon. */
  release: { env: { WECHAT_TIMEOUT_MS: '1500', OPERATION_LEASE_MARGIN_MS: '500' } },
} satisfies Record<string, WorldOptions>;

const started = new Map<string, Promise<World>>();

export let world: World;

/** Starts `world` before the tests of a spec file and stops it after them. */
export function useWorld(options: WorldOptions = {}): void {
  beforeAll(async () => {
    world = await World.start(options);
  }, 90_000);
  afterAll(() => world?.stop(), 60_000);
}

/**
 * Lets the tests of a spec file use a `world` that other files use before and after it. They have mini-programs of their own,
 * and undo what they change for all, except faults and limits of the simulator, which end with the file.
 */
export function useSharedWorld(name: keyof typeof SHARED): void {
  beforeAll(async () => {
    const before = started.get(name);
    const sharing = before ?? World.start(SHARED[name]);
    if (before === undefined) {
      started.set(name, sharing);
      stops.push(async () => (await sharing).stop());
    }
    world = await sharing;
  }, 90_000);
  afterAll(async () => {
    await world.sim.clearFaults();
    await world.sim.setLimits({});
  });
}
