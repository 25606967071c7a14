import { expect } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { count, Journey, REST } from '../journeys/journey.js';
import { type World } from '../world.js';
import { Releases } from './releases.js';

/** How long after its creation the second wave of a rollout may begin: operators act before. */
const WAVE_MS = 60_000;

interface Started {
  id: string;
  first: string;
  second: string;
}

/**
 * Rollouts whose first mini-program has the version at the time to which Postgres goes back, and whose second one gets it by
 * time alone, unless what operators do in the lost time holds.
 */
export class StoppedRollouts {
  readonly #calls: Journey;
  #secondWaveAt = 0;
  paused: Started = { id: '', first: '', second: '' };
  rolledBack: Started = { id: '', first: '', second: '' };
  /** The rollback, of which Postgres knows nothing. */
  rollback = '';

  constructor(private readonly world: World) {
    this.#calls = new Journey(() => world);
  }

  get ids(): string[] {
    return [this.paused.id, this.rolledBack.id];
  }

  async start(): Promise<void> {
    const first = newAppid();
    // A first version cannot be reverted.
    await new Releases(this.world).release(first, ['1.0']);
    this.#secondWaveAt = Date.now() + WAVE_MS;
    this.paused = await this.#create();
    this.rolledBack = await this.#create(first);
    for (const { id, first } of [this.paused, this.rolledBack]) {
      await this.#calls.untilPlaces(id, 'AUDIT WAITING AUDIT', 'COMMIT PENDING');
      await this.world.sim.decide(first, { decision: 'approve', push: { none: true } });
      await this.world.call('GetLatestAuditStatus', { appid: first }, 60_000);
    }
    for (const id of this.ids) await this.#calls.untilPlaces(id, 'VERIFY SUCCEEDED', 'COMMIT PENDING');
  }

  async #create(first = newAppid()): Promise<Started> {
    const second = newAppid();
    const notBefore = new Date(this.#secondWaveAt);
    const { id } = await this.#calls.create([first, second], {
      waves: [count(1), { ...REST, submitGate: { notBefore } }],
    });
    return { id, first, second };
  }

  /** What operators do in the lost time, before the second waves begin. */
  async stop(): Promise<void> {
    await this.#calls.ask('pauseRollout', { id: this.paused.id, reason: 'complaints' });
    const { id } = await this.#calls.ask('rollbackRollout', { id: this.rolledBack.id, reason: 'crash' });
    await this.#calls.until(id);
    this.rollback = id;
    expect(await this.#effects(this.rolledBack.first, 'revert')).toBe(1);
  }

  /** Both are paused, and stay so once the time of their second waves has come. */
  async expectPaused(): Promise<void> {
    await eventually(() => Date.now() > this.#secondWaveAt, WAVE_MS + 5_000);
    for (const { id, second } of [this.paused, this.rolledBack]) {
      await eventually(async () => {
        const open = 'select from rollout_changes where rollout_id = $1 and not published';
        return (await this.world.sql(open, [id])).length === 0;
      });
      expect(await this.#calls.get(id)).toMatchObject({ state: 'ROLLOUT_STATE_PAUSED' });
      expect(await this.#calls.places(id)).toEqual(['VERIFY SUCCEEDED', 'COMMIT PENDING']);
      expect(await this.world.sim.calls({ appid: second })).toEqual([]);
    }
  }

  /** What had been reverted once is reverted once, and no mini-program of a second wave got the version. */
  async expectReleasedNoFurther(): Promise<void> {
    expect(await this.#effects(this.rolledBack.first, 'revert')).toBe(1);
    expect(await this.#effects(this.paused.second, 'commit')).toBe(0);
    expect(await this.#effects(this.rolledBack.second, 'commit')).toBe(0);
  }

  async #effects(appid: string, kind: string): Promise<number> {
    const calls = await this.world.sim.calls({ appid });
    return calls.filter(({ effect }) => effect?.startsWith(kind) === true).length;
  }
}
