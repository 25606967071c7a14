import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { RolloutSpec } from '@wxa/contracts';
import { RolloutTurn } from '@wxa/release-worker';
import { assignWaves } from '@wxa/rollouts/calls';
import { newTally, STEP_NUMBERS, waveSizes, withDefaults } from '@wxa/rollouts/core';
import { startPostgres } from '@wxa/stack';
import { Store } from '@wxa/store';
import { migratedDatabase } from '../databases.js';
import { type Sql, sqlOf } from '../load/sql.js';
import type { Run } from '../run.js';
import { newAppids } from './new-appids.js';
import { AUDIT_ITEM } from './rollout-calls.js';

const VERSION = '1.0';
const OPTIONS = {
  ...{ platform: '', checksAuthorization: false },
  waits: { privacyWaitMs: 1, verifyDelaysMs: [1, 1_000, 5_000] },
};
const NOBODY = { by: { caller: null, onBehalfOf: null, peer: null }, reason: '' };

/** Ends all operations of a rollout as WeChat would, with their audits and wake-ups. */
const END = `
with ended as (
  update operations set state = 'SUCCEEDED', started_at = now(), ended_at = now(), attempts = 1, result = case method
    when 'GetVersionInfo' then '{"release": {"version": "${VERSION}"}}'
    when 'SubmitAudit' then json_build_object('auditId', seq::text) end
  where rollout_id = $1 and ended_at is null returning *
), audit as (
  insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, decided_at, source, rollout_id)
  select id, appid, seq, '${VERSION}', 'APPROVED', now(), now(), 'POLL', rollout_id from ended where method = 'SubmitAudit'
), woken as (insert into rollout_wakeups (rollout_id, appid) select rollout_id, appid from ended)
select count(*)::int as n from ended`;

/** Turns in this process, without lanes, relay and WeChat. */
export class TurnsAlone {
  private constructor(
    private readonly gateway: Store,
    private readonly worker: Store,
    private readonly sql: Sql,
  ) {}

  static async start(run: Run): Promise<TurnsAlone> {
    const postgres = run.register(await startPostgres({ signal: run.signal }));
    const { url, pool } = await migratedDatabase(postgres.url, 'turns');
    run.register({ stop: () => pool.end() });
    const toEvent = () => {
      throw new Error('a turn decides no audit');
    };
    const open = async (writer: 'gateway' | 'release-worker') => {
      const store = await Store.open({ url, poolSize: 2 }, { writer, toEvent });
      return run.register({ store, stop: () => store.close() }).store;
    };
    return new TurnsAlone(await open('gateway'), await open('release-worker'), sqlOf(pool));
  }

  /**
   * A rollout from COMMIT to VERIFY, all of whose waves are open. Returns its operations, the seconds that its turns took, and the
   * longest time for which they blocked the event loop.
   */
  async whole(
    targets: number,
    waves = 1,
  ): Promise<{ operations: number; seconds: number; blockedMs: number }> {
    const blocked = monitorEventLoopDelay({ resolution: 1 });
    blocked.enable();
    const id = await this.#start(targets, 1_000, waves);
    await this.sql('update rollouts set submit_wave = $2, release_wave = $2 where id = $1', [id, waves]);
    let [operations, ms] = [0, 0];
    for (let isOver = false; !isOver; ) {
      for (let took = await this.#turn(); took !== undefined; took = await this.#turn()) ms += took;
      const [row] = await this.sql<{ n: number }>(END, [id]);
      operations += row?.n ?? 0;
      await this.sql('delete from outbox');
      isOver =
        (await this.sql(`select from rollouts where id = $1 and state = 'COMPLETED'`, [id])).length === 1;
    }
    blocked.disable();
    return { operations, seconds: ms / 1000, blockedMs: blocked.max / 1e6 };
  }

  /** The milliseconds of each turn that cancels 500 targets. */
  async cancel(targets: number): Promise<number[]> {
    const id = await this.#start(targets, 1, 1);
    while ((await this.#turn()) !== undefined);
    await this.gateway.rollouts.change(id, NOBODY, () => ({
      ...{ action: 'rollout.updated', set: { state: 'CANCELLING', pauseCause: null, pauseDetail: null } },
      entries: [{ type: 'CANCEL_REQUESTED', isCommand: true }],
    }));
    const all: number[] = [];
    for (let took = await this.#turn(); took !== undefined; took = await this.#turn()) all.push(took);
    return all;
  }

  async #turn(): Promise<number | undefined> {
    await this.sql(`update rollouts set last_turn_at = last_turn_at - interval '1 second'`);
    const since = performance.now();
    const { id } = await this.worker.rollouts.turn([], (turn) => RolloutTurn.run(turn, OPTIONS));
    return id === undefined ? undefined : performance.now() - since;
  }

  async #start(targets: number, maxInFlight: number, waves: number): Promise<string> {
    const spec = RolloutSpec.fromPartial({
      ...{ name: 'turns', templateId: 1n, userVersion: VERSION, maxInFlight },
      audit: { itemsFrom: { $case: 'fixed', value: { items: [AUDIT_ITEM] } } },
      auditBudget: { maxSpeedUps: 1 },
      waves: Array.from({ length: waves }, () => ({
        ...{ size: { $case: 'count' as const, value: targets / waves }, speedUp: waves > 1 },
      })),
    });
    const step = STEP_NUMBERS.COMMIT;
    const draft = { requestId: randomUUID(), requestHash: Buffer.of(), spec: RolloutSpec.toJSON(spec), step };
    const created = await this.gateway.rollouts.create(
      { ...draft, selection: { appids: newAppids(targets) } },
      NOBODY,
      async ({ id }, client) => {
        const { waves } = withDefaults(spec);
        await assignWaves(client, id, { step, sizesOf: (count) => waveSizes(waves, count) });
        const set = { state: 'RUNNING', startedAt: 'keep', tally: newTally([]) } as const;
        return { action: 'rollout.started', entries: [{ type: 'STARTED' }], set };
      },
    );
    if (created.kind !== 'created') throw new Error(`the rollout is ${created.kind}`);
    return created.rollout.id;
  }
}
