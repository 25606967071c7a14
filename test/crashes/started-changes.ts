import { expect } from '@jest/globals';
import type { Operation } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { ask, type ChangeCase, ended, prepared } from '../release/change-cases.js';
import { type World } from '../world.js';

/** A mini-program with an accepted change. */
export interface StartedChange {
  one: ChangeCase;
  appid: string;
  operation: Operation;
  /** The last entry of the simulator's ledger before the change. */
  since: number;
}

/** A mini-program on which WeChat would execute the change of a case. */
export type PreparedChange = Omit<StartedChange, 'operation'>;

const AUDIT_STATES = ['APPROVED', 'REJECTED', 'OPEN', 'WITHDRAWN', 'OPEN'];
const NEXT = '9.0';

/** Prepares a new mini-program so that WeChat would execute the change. */
export async function prepareChange(world: World, one: ChangeCase, appid: string): Promise<PreparedChange> {
  const ready = await prepared(one, world, appid);
  return { one: ready, appid, since: (await world.sim.ledger({ appid })).at(-1)?.seq ?? 0 };
}

export async function begin(world: World, ready: PreparedChange): Promise<StartedChange> {
  return { ...ready, operation: await ask(ready.one, world, ready.appid) };
}

/** The final result of a change and of the next change of its mini-program. */
export async function finalResult(world: World, { one, appid, operation: { id }, since }: StartedChange) {
  const operation = await ended(world, id);
  const next = await world.run('Commit', { appid, templateId: 1n, userVersion: NEXT });
  const calls = (await world.sim.calls({ appid, api: one.api, after: since })).filter(
    ({ body }) => !body.includes(`"${NEXT}"`),
  );
  await expectAuditsAsAtWechat(world, appid, operation);
  await eventually(() => outcomesOf(world, appid, id).length > 0);
  return {
    method: one.method,
    state: operation.state,
    attempts: operation.attempts,
    calls: calls.length,
    effects: calls.filter(({ effect }) => effect !== null).length,
    outcomes: new Set(outcomesOf(world, appid, id)).size,
    next: next.state,
  };
}

/** The `ce_id` of every published outcome of an operation; duplicates have the same id. */
export function outcomesOf(world: World, appid: string, id: string): string[] {
  const ofThis = world
    .messages('OperationCompleted', appid)
    .filter(({ json }) => (json.operation as { id: string }).id === id);
  return ofThis.map((message) => message.id);
}

/** Every audit is stored with its state at WeChat, and its end was published under one id. */
async function expectAuditsAsAtWechat(world: World, appid: string, { result }: Operation): Promise<void> {
  const { audits } = await world.sim.app(appid);
  const theirs = audits.map(({ auditId, status }) => [auditId, AUDIT_STATES[status]]);
  await eventually(async () => {
    const ours = await world.sql<{ audit_id: string; state: string }>(
      'select audit_id, state from audits where appid = $1 order by submitted_at',
      [appid],
    );
    expect(ours.map(({ audit_id, state }) => [audit_id, state])).toEqual(theirs);
    const ends = world.messages('AuditCompleted', appid);
    expect(new Set(ends.map((message) => message.id)).size).toBe(
      theirs.filter(([, state]) => state !== 'OPEN').length,
    );
  });
  if (result?.$case === 'submitAudit') expect(String(result.value.auditId)).toBe(audits.at(-1)?.auditId);
}
