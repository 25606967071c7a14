import { randomUUID } from 'node:crypto';
import { type DeepPartial, OperationError, RolloutSpec, RolloutStep } from '@wxa/contracts';
import type { SettlementWithAudits } from '@wxa/operations';
import { NOBODY } from '@wxa/postgres/trail';
import { assignWaves, closedFor, type RolloutColumns, type RolloutEdit } from '@wxa/rollouts/calls';
import {
  firstStepOf,
  intakeOf,
  newTally,
  STEP_NUMBERS,
  type StoredRollout,
  withImplied,
} from '@wxa/rollouts/core';
import type { JournalEntry } from '@wxa/rollouts/rows';
import { finishTurn, readTurn, type Turn, type TurnOptions } from '@wxa/rollouts/turn';
import { specOf } from '../rollouts/rollout-steps.js';
import { opened } from '../store/audit-steps.js';
import { claim, settle } from '../store/operation-steps.js';
import { column, gateway, sql, worker } from '../store/use-store.js';

/** Of turns without waits. */
export const TURN_OPTIONS = {
  platform: '',
  waits: { privacyWaitMs: 0, verifyDelaysMs: [0, 0] },
  checksAuthorization: false,
};

export const BY_NOBODY = { by: NOBODY, reason: '' };

/** Of rollouts that only commit. */
export const COMMIT_ONLY = { lastStep: RolloutStep.ROLLOUT_STEP_COMMIT };
export const FROM_CHECK = { firstStep: RolloutStep.ROLLOUT_STEP_CHECK };

/** By their numbers. */
export const STEPS = ['', ...Object.keys(STEP_NUMBERS)];

/** A row of `operations`. */
export interface OperationRow {
  id: string;
  appid: string;
  requestId: string;
  method: string;
  state: string;
}

/** Turns and calls of rollouts, and the operations that they accept, through the store alone. */
export const steps = {
  /** Creates and starts a rollout. */
  async start(appids: string[], given: DeepPartial<RolloutSpec> = {}): Promise<string> {
    const spec = withImplied(specOf(given));
    const step = firstStepOf(spec, false);
    const request = { requestId: randomUUID(), requestHash: Buffer.from('hash'), step };
    const created = await gateway.rollouts.create(
      { ...request, spec: RolloutSpec.toJSON(spec), selection: { appids } },
      BY_NOBODY,
      async (draft, client) => {
        await assignWaves(client, draft);
        const set = { state: 'RUNNING', startedAt: 'keep', tally: {}, ...intakeOf(spec) } as const;
        return { action: 'rollout.started', entries: [{ type: 'STARTED' }], set };
      },
    );
    if (created.kind !== 'created') throw new Error(created.kind);
    return created.rollout.id;
  },

  /** What an RPC does to the row of a rollout. `edit` returns undefined if its state does not allow the call. */
  change(id: string, edit: (rollout: StoredRollout) => Pick<RolloutEdit, 'set' | 'entries'> | undefined) {
    return gateway.rollouts.change(id, BY_NOBODY, (rollout) => {
      const edited = edit(rollout);
      return edited && { action: 'rollout.updated', ...edited };
    });
  },

  set(id: string, from: string[], set: RolloutColumns, ...entries: JournalEntry[]) {
    return steps.change(id, ({ state }) => (from.includes(state) ? { set, entries } : undefined));
  },

  pause(id: string) {
    const set = { state: 'PAUSED', pauseCause: 'REQUESTED', pauseDetail: 'me' } as const;
    return steps.set(id, ['RUNNING'], set, { type: 'PAUSED' });
  },

  resume(id: string) {
    const running = { state: 'RUNNING', pauseCause: null, pauseDetail: null } as const;
    return steps.change(id, ({ state, counts }) => {
      const set = { ...running, tally: newTally(counts) };
      return state === 'PAUSED' ? { set, entries: [{ type: 'RESUMED' }] } : undefined;
    });
  },

  cancel(id: string) {
    const set = { state: 'CANCELLING', pauseCause: null, pauseDetail: null, open: false } as const;
    return steps.set(id, ['RUNNING', 'PAUSED'], set, { type: 'CANCEL_REQUESTED', isCommand: true });
  },

  close(id: string) {
    return steps.change(id, ({ open }) =>
      open ? { set: { open: false }, entries: [closedFor('REQUESTED')] } : undefined,
    );
  },

  skip(id: string, filter: object) {
    return steps.set(id, ['RUNNING', 'PAUSED'], {}, { type: 'SKIPPED', isCommand: true, args: { filter } });
  },

  retry(
    id: string,
    filter: object = { states: ['ROLLOUT_TARGET_STATE_FAILED'] },
    fromStep: string | null = null,
  ) {
    const retried = { type: 'RETRIED', isCommand: true, args: { filter, fromStep } } as const;
    return steps.change(id, ({ state }) => {
      if (state === 'RUNNING' || state === 'PAUSED') return { set: {}, entries: [retried] };
      const set = { state: 'RUNNING', endedAt: null, tally: {} } as const;
      return state === 'COMPLETED' ? { set, entries: [retried, { type: 'STARTED' }] } : undefined;
    });
  },

  /** Runs one turn, as if the last one was a second ago; returns the id of its rollout. `before` runs after the read of its targets. */
  async turn(
    before: (turn: Turn) => void | Promise<void> = () => undefined,
    options: Partial<TurnOptions> = {},
  ): Promise<string | undefined> {
    await sql(
      `update rollouts set last_turn_at = last_turn_at - interval '1 second'
       where id in (select id from rollouts for update skip locked)`,
    );
    const { id } = await worker.rollouts.turn({ ...TURN_OPTIONS, ...options }, async (start) => {
      const turn = await readTurn(start);
      await before(turn);
      return finishTurn(turn);
    });
    return id;
  },

  /** Runs turns as the conductor does, until none is due. */
  async turns({ most = 50, checksAuthorization = false } = {}): Promise<void> {
    for (let n = 0; n < most; n += 1)
      if ((await steps.turn(undefined, { checksAuthorization })) === undefined) return;
    throw new Error(`turns are still due after ${most}`);
  },

  /** Starts a rollout and runs its first turns. */
  async begin(appids: string[], given: DeepPartial<RolloutSpec> = {}): Promise<string> {
    const id = await steps.start(appids, given);
    await steps.turns();
    return id;
  },

  /** Ends all rollouts. */
  async endAll(): Promise<void> {
    await sql(
      `update rollouts set state = 'CANCELLED', open = false where state not in ('DRAFT', 'COMPLETED')`,
    );
    await sql('update rollout_targets set holds_appid = false where holds_appid');
    await sql('delete from rollout_wakeups');
  },

  rollout(id: string): Promise<StoredRollout> {
    return gateway.rollouts.find(id) as Promise<StoredRollout>;
  },

  targets<T extends object>(id: string): Promise<T[]> {
    return sql<T>('select * from rollout_targets where rollout_id = $1 order by position', id);
  },

  /** The states of its targets. */
  states(id: string): Promise<string[]> {
    return column('select state from rollout_targets where rollout_id = $1 order by position', id);
  },

  /** The operations of a rollout that have not ended, in the order of their acceptance. */
  open(id: string): Promise<OperationRow[]> {
    return sql<OperationRow>(
      `select id, appid, request_id as "requestId", method, state from operations
       where rollout_id = $1 and ended_at is null order by seq`,
      id,
    );
  },

  /** Claims an operation if it can be claimed, and settles it. */
  async settle(id: string, state: SettlementWithAudits['state'], given: Partial<SettlementWithAudits> = {}) {
    const answer = await claim(id);
    if (answer.kind !== 'claimed') return false;
    await settle(answer.operation, state, given);
    return true;
  },

  /** Settles the first operation of a rollout that has not ended with a refusal of WeChat. */
  async fail(id: string, errcode: number): Promise<void> {
    const [operation] = await steps.open(id);
    await steps.settle(operation?.id ?? '', 'FAILED', refusalOf(errcode));
  },

  /** Ends all operations of a rollout with success; returns their number. `given`: of each settlement. */
  async succeed(id: string, version = '', given: Partial<SettlementWithAudits> = {}): Promise<number> {
    const open = await steps.open(id);
    for (const operation of open)
      await steps.settle(operation.id, 'SUCCEEDED', { ...successOf(operation, version), ...given });
    return open.length;
  },

  /** Moves all times of all rollouts into the past: the clock jumps forward. */
  async clock(ms: number): Promise<void> {
    const times = {
      rollout_targets: ['due_at', 'privacy_at'],
      rollouts: ['next_turn_at', 'started_at', 'last_turn_at', 'intake_checked_at'],
      rollout_waves: ['submit_reached_at', 'release_reached_at'],
    };
    for (const [table, columns] of Object.entries(times)) {
      const moved = columns.map((each) => `${each} = ${each} - $1 * interval '1 millisecond'`);
      await sql(`update ${table} set ${moved.join(', ')}`, ms);
    }
  },
};

let audits = 0;

/** The settlement of a successful operation, as WeChat would answer. */
export function successOf({ method }: OperationRow, version: string): Partial<SettlementWithAudits> {
  if (method === 'GetVersionInfo') return { result: JSON.stringify({ release: { version } }) };
  if (method !== 'SubmitAudit') return {};
  audits += 1;
  return { result: JSON.stringify({ auditId: `${audits}` }), auditEffect: opened(`${audits}`) };
}

/** The settlement of an operation that WeChat refused. `more`: the end of its text. */
export const refusalOf = (errcode: number, more = ''): Partial<SettlementWithAudits> => ({
  error: JSON.stringify(
    OperationError.toJSON(OperationError.fromPartial({ errcode, errmsg: `refused with ${errcode}${more}` })),
  ),
});
