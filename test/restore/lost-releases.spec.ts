import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RolloutSpec, TOPICS, toKafkaMessage } from '@wxa/contracts';
import { findCommands } from '@wxa/operations';
import { assignWaves } from '@wxa/rollouts/calls';
import { newAppids } from '../rollouts/rollout-steps.js';
import { auditDecision, audits } from '../store/audit-steps.js';
import { accept } from '../store/operation-steps.js';
import { type ScratchStore, storesOf } from '../store/scratch-store.js';
import { actOn, column, gateway, pool, sql, value } from '../store/use-store.js';
import { BY_NOBODY, FROM_CHECK, steps } from '../turns/turn-steps.js';
import { KafkaAndPostgres, type Lost, outcome } from './kafka-and-postgres.js';
import { forget, remember } from './lost-time.js';

const TABLES = ['rollouts', 'rollout_waves', 'rollout_counts', 'rollout_targets', 'rollout_wakeups'].concat([
  'rollout_changes',
  'operations',
  'outbox',
  'audits',
]);
const gray = (percentage: number) => ({
  release: { graySteps: [{ percentage, pause: { seconds: 3600n } }] },
});

let servers: KafkaAndPostgres;
let scratch: ScratchStore;
/** Rollouts of one mini-program. That of `committed` waits for its privacy check, and those of `waiting`, `queued` and `rejected` wait for their audits when Postgres loses time. */
const rollouts = { waiting: '', queued: '', rejected: '', begun: '', gray: '', members: '', committed: '' };

beforeAll(async () => {
  servers = await KafkaAndPostgres.create(1);
  scratch = await storesOf(servers.url);
  actOn(scratch);
  rollouts.committed = await committed();
  for (const name of ['waiting', 'queued', 'rejected'] as const) rollouts[name] = await submitted();
  rollouts.begun = await steps.start(newAppids(1), FROM_CHECK);
  rollouts.gray = await steps.start(newAppids(1), { ...FROM_CHECK, ...gray(20) });
  rollouts.members = await steps.start(newAppids(1), { ...FROM_CHECK, ...gray(0) });
  await remember(scratch, TABLES);
  const since = new Date().toISOString();
  await lostTime();
  await forget(scratch, TABLES);
  expect(await servers.wxa('restore', '--since', since)).toMatchObject({ code: 0 });
  // What `wxa quota lift --all-changes` does.
  await sql('delete from api_limits');
});
afterAll(async () => {
  await scratch?.close();
  await servers?.close();
});

/** A rollout whose target waits for its audit. */
async function submitted(): Promise<string> {
  const id = await steps.begin(newAppids(1), FROM_CHECK);
  await steps.succeed(id);
  await steps.turns();
  return id;
}

/** A rollout whose target waits an hour before it is submitted. */
async function committed(): Promise<string> {
  const id = await steps.start(newAppids(1));
  await steps.turn();
  await steps.succeed(id);
  await steps.turn(undefined, { waits: { privacyWaitMs: 3_600_000, verifyDelaysMs: [0, 0] } });
  expect(await steps.targets(id)).toMatchObject([{ state: 'WAITING', waits_for: 'PRIVACY_CHECK' }]);
  return id;
}

/** Another change of the mini-program of a rollout, which those of the rollout wait for. */
async function acceptOther(id: string): Promise<void> {
  const other = { appid: await appidOf(id), requestId: randomUUID() };
  await accept({ ...other, method: 'RevertGrayRelease', request: JSON.stringify(other) });
}

/** The decision about the first audit of a rollout. */
async function decide(id: string, decision: 'APPROVED' | 'REJECTED'): Promise<void> {
  const auditId = await value<string>('select audit_id::text from audits where rollout_id = $1', id);
  await audits.poll(await appidOf(id), auditId ?? '', auditDecision(decision, 'POLL', Date.now()));
  await steps.turns();
}

/** What Postgres forgets: that of `committed` is submitted, that of `rejected` again, all others are released; `committed` and `queued` wait for another change. */
async function lostTime(): Promise<void> {
  await acceptOther(rollouts.committed);
  await steps.clock(3_600_000);
  await steps.turns();
  await steps.succeed(rollouts.begun);
  for (const id of [rollouts.gray, rollouts.members]) await steps.succeed(id);
  await steps.turns();
  await acceptOther(rollouts.queued);
  await decide(rollouts.rejected, 'REJECTED');
  await steps.retry(rollouts.rejected);
  await steps.turns();
  for (const [appid, auditId] of await column<[string, string]>(
    'select array[appid, audit_id::text] from audits',
  ))
    await audits.poll(appid, auditId, auditDecision('APPROVED', 'POLL', Date.now()));
  await steps.turns();
  for (const id of [rollouts.waiting, rollouts.begun, rollouts.gray, rollouts.members])
    await steps.succeed(id);
  const changes = await sql<Lost & { ended: boolean }>(
    `select id, appid, method, traceparent, ended_at is not null as ended from operations
     where is_change order by seq`,
  );
  const ids = changes.map(({ id }) => `${id}.command.0`);
  const commands = await findCommands(pool, ids, 'release-worker');
  await servers.produce(
    TOPICS.commands,
    ids.flatMap((id) => commands.get(id) ?? []).map((event) => toKafkaMessage(event, 'test')),
  );
  const ended = changes.filter(({ ended }) => ended);
  await servers.produce(
    TOPICS.outcomes,
    ended.map((each) => outcome(each, 'OperationCompleted', { state: 'SUCCEEDED', endTime: new Date() })),
  );
}

const appidOf = async (id: string) =>
  (await value<string>('select appid from rollout_targets where rollout_id = $1', id)) ?? '';

/** Rolls a rollout back, and returns the operations that its rollback accepts. */
async function rollBack(id: string): Promise<{ method: string; request: object }[]> {
  const rollback = { requestId: randomUUID(), requestHash: Buffer.from('hash') };
  const created = await gateway.rollouts.rollBack(
    id,
    {
      ...rollback,
      specOf: ({ spec }) => {
        const { templateId, userVersion } = RolloutSpec.fromJSON(spec);
        return RolloutSpec.toJSON(RolloutSpec.fromPartial({ templateId, userVersion, rollbackOptions: {} }));
      },
      async start(_, second, client) {
        await assignWaves(client, second);
        const cancelling = { state: 'CANCELLING', pauseCause: null, pauseDetail: null, open: false } as const;
        const set = { state: 'RUNNING', startedAt: 'keep', tally: {} } as const;
        return {
          first: { set: cancelling, entries: [{ type: 'CANCEL_REQUESTED', isCommand: true }] },
          second: { action: 'rollout.started', set, entries: [{ type: 'STARTED' }] },
        };
      },
    },
    BY_NOBODY,
  );
  if (created?.kind !== 'created') throw new Error(created?.kind);
  await steps.turns();
  return sql('select method, request from operations where rollout_id = $1', created.rollout.id);
}

const versionOf = async (id: string) => RolloutSpec.fromJSON((await steps.rollout(id)).spec).userVersion;

it.each(['waiting', 'begun'] as const)(
  'A rollback after a restore reverts the release of the lost time of a target that was %s before it',
  async (name) => {
    const expectedUserVersion = await versionOf(rollouts[name]);
    expect(await rollBack(rollouts[name])).toMatchObject([
      { method: 'RevertRelease', request: { expectedUserVersion } },
    ]);
  },
);

it.each([
  ['gray', 20],
  ['members', 0],
] as const)(
  'A rollback after a restore reverts the gray release of the lost time of %s, to %i %%, while its audit is the latest one',
  async (name, share) => {
    const [target] = await steps.targets<{ audit_id: string }>(rollouts[name]);
    expect(target).toMatchObject({ gray_share: share, audit_id: expect.stringMatching(/^[1-9]/) });
    expect(await rollBack(rollouts[name])).toMatchObject([
      { method: 'RevertGrayRelease', request: { expectedAuditId: target?.audit_id } },
    ]);
  },
);

it.each([
  ['queued', 'Release'],
  ['committed', 'SubmitAudit'],
] as const)(
  'CancelRollout after a restore cancels what the target that was %s has accepted in the lost time and never sent: %s',
  async (name, method) => {
    const [operation] = await steps.open(rollouts[name]);
    expect(operation).toMatchObject({ method, state: 'QUEUED' });
    await steps.cancel(rollouts[name]);
    await steps.turns();
    expect(await steps.states(rollouts[name])).toEqual(['CANCELLED']);
    expect(await value('select state from operations where id = $1', operation?.id)).toBe('CANCELLED');
  },
);

it('A target whose retry of the lost time has submitted it again is FAILED after a restore once its first audit is rejected', async () => {
  const [operation] = await steps.open(rollouts.rejected);
  expect(operation).toMatchObject({ method: 'SubmitAudit', requestId: expect.stringMatching(/2$/) });
  await decide(rollouts.rejected, 'REJECTED');
  const error = { reason: 'AUDIT_REJECTED' };
  expect(await steps.targets(rollouts.rejected)).toMatchObject([{ state: 'FAILED', error }]);
});
