import { randomUUID } from 'node:crypto';
import { type DeepPartial, OperationError, RolloutSpec } from '@wxa/contracts';
import { RolloutTurn } from '@wxa/release-worker';
import {
  newTally,
  pipelineOf,
  STEP_NUMBERS,
  type WaveProgress,
  waveSizes,
  withDefaults,
} from '@wxa/rollouts';
import {
  assignWaves,
  type JournalEntry,
  type RolloutColumns,
  type RolloutEdit,
  type SettlementWithAudits,
  type StoredRollout,
  type Turn,
} from '@wxa/store';
import { specOf } from '../rollouts/rollout-steps.js';
import { settlement } from '../store/operation-steps.js';
import type { ScratchStore } from '../store/scratch-store.js';

/** Of turns without waits. */
export const TURN_OPTIONS = {
  platform: '',
  waits: { privacyWaitMs: 0, verifyDelaysMs: [0, 0] },
  checksAuthorization: false,
};

const NOBODY = { by: { caller: null, onBehalfOf: null, peer: null }, reason: '' };

/** A row of `operations`. */
export interface OperationRow {
  id: string;
  appid: string;
  requestId: string;
  method: string;
  state: string;
}

/** Turns and calls of rollouts, and the operations that they accept, through the store alone. */
export class TurnSteps {
  constructor(private readonly scratch: ScratchStore) {}

  /** Creates and starts a rollout. */
  async start(appids: string[], given: DeepPartial<RolloutSpec> = {}): Promise<string> {
    const spec = specOf(given);
    const step = STEP_NUMBERS[pipelineOf(spec, false)[0] ?? 'COMMIT'];
    const created = await this.scratch.gateway.rollouts.create(
      {
        ...{
          requestId: randomUUID(),
          requestHash: Buffer.from('hash'),
          spec: RolloutSpec.toJSON(spec),
          step,
        },
        selection: { appids },
      },
      NOBODY,
      async (draft, client) => {
        const { waves } = withDefaults(spec);
        await assignWaves(client, draft.id, { step, sizesOf: (targets) => waveSizes(waves, targets) });
        return {
          ...{ action: 'rollout.started', entries: [{ type: 'STARTED' }] },
          set: { state: 'RUNNING', startedAt: 'keep', tally: {} },
        };
      },
    );
    if (created.kind !== 'created') throw new Error(created.kind);
    return created.rollout.id;
  }

  /** What an RPC does to the row of a rollout. `edit` returns undefined if its state does not allow the call. */
  change(id: string, edit: (rollout: StoredRollout) => Pick<RolloutEdit, 'set' | 'entries'> | undefined) {
    return this.scratch.gateway.rollouts.change(id, NOBODY, (rollout) => {
      const edited = edit(rollout);
      return edited && { action: 'rollout.updated', ...edited };
    });
  }

  set(id: string, from: string[], set: RolloutColumns, ...entries: JournalEntry[]) {
    return this.change(id, ({ state }) => (from.includes(state) ? { set, entries } : undefined));
  }

  pause(id: string) {
    const set = { state: 'PAUSED', pauseCause: 'REQUESTED', pauseDetail: 'me' } as const;
    return this.set(id, ['RUNNING'], set, { type: 'PAUSED' });
  }

  resume(id: string) {
    const running = { state: 'RUNNING', pauseCause: null, pauseDetail: null } as const;
    return this.change(id, (rollout) =>
      rollout.state === 'PAUSED'
        ? { set: { ...running, tally: newTally([wholeOf(rollout)]) }, entries: [{ type: 'RESUMED' }] }
        : undefined,
    );
  }

  cancel(id: string) {
    const set = { state: 'CANCELLING', pauseCause: null, pauseDetail: null } as const;
    return this.set(id, ['RUNNING', 'PAUSED'], set, { type: 'CANCEL_REQUESTED', isCommand: true });
  }

  skip(id: string, appids: string[]) {
    const args = { filter: { appids } };
    return this.set(id, ['RUNNING', 'PAUSED'], {}, { type: 'SKIPPED', isCommand: true, args });
  }

  retry(
    id: string,
    filter: object = { states: ['ROLLOUT_TARGET_STATE_FAILED'] },
    fromStep: string | null = null,
  ) {
    const retried = { type: 'RETRIED', isCommand: true, args: { filter, fromStep } } as const;
    return this.change(id, ({ state }) => {
      if (state === 'RUNNING' || state === 'PAUSED') return { set: {}, entries: [retried] };
      const set = { state: 'RUNNING', endedAt: null, tally: {} } as const;
      return state === 'COMPLETED' ? { set, entries: [retried, { type: 'STARTED' }] } : undefined;
    });
  }

  /** Runs one turn, as if the last one was a second ago; returns the id of its rollout. `before` runs after the read of its targets. */
  async turn(
    before: (turn: Turn) => void | Promise<void> = () => undefined,
    options: Partial<Parameters<typeof RolloutTurn.run>[1]> = {},
  ): Promise<string | undefined> {
    await this.scratch.sql(
      `update rollouts set last_turn_at = last_turn_at - interval '1 second'
       where id in (select id from rollouts for update skip locked)`,
    );
    const { id } = await this.scratch.worker.rollouts.turn([], async (turn) => {
      await before(turn);
      return RolloutTurn.run(turn, { ...TURN_OPTIONS, ...options });
    });
    return id;
  }

  /** Runs turns as the conductor does, until none is due. */
  async turns({ most = 50, checksAuthorization = false } = {}): Promise<void> {
    for (let n = 0; n < most; n += 1)
      if ((await this.turn(undefined, { checksAuthorization })) === undefined) return;
    throw new Error(`turns are still due after ${most}`);
  }

  rollout(id: string): Promise<StoredRollout> {
    return this.scratch.gateway.rollouts.find(id) as Promise<StoredRollout>;
  }

  targets<T extends object = { appid: string; state: string; waits_for: string | null }>(
    id: string,
  ): Promise<T[]> {
    return this.scratch.sql<T>('select * from rollout_targets where rollout_id = $1 order by position', [id]);
  }

  /** The operations of a rollout that have not ended, in the order of their acceptance. */
  open(id: string): Promise<OperationRow[]> {
    return this.scratch.sql<OperationRow>(
      `select id, appid, request_id as "requestId", method, state from operations
       where rollout_id = $1 and ended_at is null order by seq`,
      [id],
    );
  }

  /** Claims an operation if it can be claimed, and settles it. */
  async settle(id: string, state: SettlementWithAudits['state'], given: Partial<SettlementWithAudits> = {}) {
    const claim = await this.scratch.worker.operations.claim({ id, leaseMs: 60_000, key: randomUUID() });
    if (claim.kind !== 'claimed') return false;
    await this.scratch.worker.operations.settle(settlement(claim.operation, state, given));
    return true;
  }

  /** Ends all operations of a rollout with success; returns their number. `given`: of each settlement. */
  async succeed(id: string, version: string, given: Partial<SettlementWithAudits> = {}): Promise<number> {
    const open = await this.open(id);
    for (const operation of open)
      await this.settle(operation.id, 'SUCCEEDED', { ...successOf(operation, version), ...given });
    return open.length;
  }

  /** Moves all times of all rollouts into the past: the clock jumps forward. */
  async clock(ms: number): Promise<void> {
    const by = `- $1 * interval '1 millisecond'`;
    const moved = (table: string, columns: string[]) =>
      this.scratch.sql(
        `update ${table} set ${columns.map((column) => `${column} = ${column} ${by}`).join(', ')}`,
        [ms],
      );
    await moved('rollout_targets', ['due_at', 'privacy_at']);
    await moved('rollouts', ['next_turn_at', 'started_at', 'last_turn_at']);
    await moved('rollout_waves', ['submit_reached_at', 'release_reached_at']);
  }
}

/** All targets of a rollout as one wave. */
function wholeOf({ counts }: StoredRollout): WaveProgress {
  const gate = { reachedAt: null, openedAt: null, announced: false };
  const names = Object.entries(STEP_NUMBERS) as [WaveProgress['counts'][number]['step'], number][];
  return {
    ...{ wave: 1, targets: 0, submit: gate, release: gate },
    counts: counts.map(({ step, state, waitsFor, targets }) => ({
      step: names.find(([, number]) => number === step)?.[0] ?? 'COMMIT',
      state: state as WaveProgress['counts'][number]['state'],
      waitsFor: (waitsFor || null) as WaveProgress['counts'][number]['waitsFor'],
      targets,
    })),
  };
}

let audits = 0;

/** The settlement of a successful operation, as WeChat would answer. */
export function successOf({ method }: OperationRow, version: string): Partial<SettlementWithAudits> {
  if (method === 'GetVersionInfo') return { result: JSON.stringify({ release: { version } }) };
  if (method !== 'SubmitAudit') return {};
  audits += 1;
  const auditId = String(audits);
  return {
    result: JSON.stringify({ auditId }),
    auditEffect: { kind: 'opened', auditId, submittedAt: new Date() },
  };
}

/** The settlement of an operation that WeChat refused. `more`: the end of its text. */
export const refusalOf = (errcode: number, more = ''): Partial<SettlementWithAudits> => ({
  error: JSON.stringify(
    OperationError.toJSON(OperationError.fromPartial({ errcode, errmsg: `refused with ${errcode}${more}` })),
  ),
});
