import { expect, it } from '@jest/globals';
import type { FaultOrder } from '@wxa/wechat-sim';
import { eventually, newAppid, useSharedWorld, world } from '../use-world.js';
import { AUDIT_ITEM } from './audit-item.js';

useSharedWorld('release');

const version = (userVersion: string) => ({ templateId: 1n, userVersion, userDesc: '' });

it('A Commit is executed once and published once, and its events have type, deployment and trace in their headers', async () => {
  const appid = newAppid();
  const done = await world.run('Commit', { appid, ...version('1.0') });
  expect(done).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1, method: 'Commit' });
  const seen = () => world.seen.filter(({ key }) => key === appid);
  await eventually(() => seen().length === 2);
  // Kafka gives messages of two topics no order.
  const published = seen().sort((a, b) => a.type.localeCompare(b.type));
  const { traceparent } = published[0]?.headers ?? {};
  expect(traceparent).toMatch(/^00-/);
  const headersOf = (name: string, writer: string) => ({
    ...{ ce_specversion: '1.0', ce_subject: appid, 'content-type': 'application/json' },
    ce_type: `wxa.code.v1.${name}`,
    ce_source: `/wxa-code/acme/${writer}`,
    ce_dataschema: `https://type.googleapis.com/wxa.code.v1.${name}`,
    ...{ ce_traceparent: traceparent, traceparent },
  });
  expect(published).toMatchObject([
    { topic: 'wxa.code.commands.v1', headers: headersOf('CodeCommand', 'gateway') },
    {
      topic: 'wxa.code.outcomes.v1',
      id: `${done.id}.completed`,
      headers: headersOf('OperationCompleted', 'release-worker'),
      json: { operation: { id: done.id, state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 } },
    },
  ]);
  expect((await world.sim.calls({ appid })).filter((call) => call.effect)).toHaveLength(1);
});

it('The operations of a mini-program run one at a time in the order of acceptance, queries included', async () => {
  const appid = newAppid();
  const accepted = [];
  for (let i = 0; i < 30; i++) accepted.push(await world.change('Commit', { appid, ...version(`1.${i}`) }));
  await world.call('ListPages', { appid });
  const calls = await world.sim.calls({ appid });
  expect(calls.map((call) => call.api)).toEqual([...accepted.map(() => 'wxa/commit'), 'wxa/get_page']);
  const versions = calls.slice(0, -1).map((call) => JSON.parse(call.body).user_version);
  expect(versions).toEqual(accepted.map((_, i) => `1.${i}`));
  expect((await world.sim.summary()).apps[appid]?.maxConcurrentChanges).toBe(1);
});

const items = [AUDIT_ITEM];
const READ = 'wxa/security/get_code_privacy_info';

async function committed() {
  const appid = newAppid();
  await world.run('Commit', { appid, ...version('1.0') });
  return appid;
}

it('A SubmitAudit with wait_for_privacy_check waits without an attempt until the check is done', async () => {
  const appid = await committed();
  await world.sim.patch(appid, { privacyCheckMs: 600_000 });
  const { id } = await world.change('SubmitAudit', { appid, items, waitForPrivacyCheck: true });
  expect(await untilWaiting(id)).toMatchObject({ attempts: 0, error: { errcode: 61039 } });
  await world.sim.patch(appid, { privacyCheckMs: 0 });
  expect(await retried(id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 });
  expect(await world.sim.calls({ appid, api: 'wxa/submit_audit' })).toHaveLength(1);
  expect(await world.sim.calls({ appid, api: READ })).toHaveLength(2);
});

it.each<[string, FaultOrder, number]>([
  ['is rejected', { kind: 'errcode', errcode: 48001 }, 1],
  ['is answered with -1', { kind: 'busy' }, 2],
  ['has no response', { kind: 'lost' }, 2],
])(
  'A SubmitAudit with wait_for_privacy_check is sent once if the read of the check %s',
  async (_what, fault, reads) => {
    const appid = await committed();
    await world.sim.addFault({ api: READ, appid, ...fault });
    const submitted = await world.run('SubmitAudit', { appid, items, waitForPrivacyCheck: true });
    expect(submitted).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 });
    expect(await world.sim.calls({ appid, api: READ })).toHaveLength(reads);
  },
);

/** The operation once it waits, for nearly a minute. */
async function untilWaiting(id: string) {
  const waiting = await eventually(async () => {
    const operation = await world.get(id);
    return operation.state === 'OPERATION_STATE_RETRYING' && operation;
  });
  expect(Number(waiting.nextAttemptTime) - Number(waiting.startTime ?? waiting.createTime)).toBeGreaterThan(
    50_000,
  );
  return waiting;
}

/** The end of a waiting operation whose retry is made due. */
async function retried(id: string) {
  await world.sql('update operations set next_attempt_at = now() where id = $1', [id]);
  return world.wait(id);
}

it('Commands that cannot be run are dead-lettered unchanged, and their partition continues', async () => {
  const appid = newAppid();
  // Else a command without its operation proves that Postgres has lost time.
  await world.sql('insert into history_exempt (appid) values ($1)', [appid]);
  const unaccepted = { operationId: '01900000-0000-7000-8000-00000000ffff', appid, method: 'Release' };
  const { id } = await world.run('Commit', { appid: newAppid(), ...version('1.0') });
  const ofAnotherApp = { operationId: id, appid, method: 'Release' };
  const unknown = { key: appid, value: JSON.stringify({ ...unaccepted, release: { appid } }) };
  // As after a restore: the request was accepted again under another id, and needs nothing more.
  const { requestId } = await world.run('Commit', { appid, ...version('0.9') });
  const repeated = { ...unaccepted, operationId: '01900000-0000-7000-8000-00000000fffe', method: 'Commit' };
  await world.produce('wxa.code.commands.v1', [
    { key: appid, value: JSON.stringify({ ...repeated, commit: { appid, requestId } }) },
    { key: appid, value: 'garbage' },
    { key: appid, value: '{"operationId":"no"}' },
    { key: null, value: null },
    unknown,
    unknown,
    { key: appid, value: JSON.stringify({ ...ofAnotherApp, release: { appid } }) },
  ]);
  expect(await world.run('Commit', { appid, ...version('1.0') })).toMatchObject({ attempts: 1 });
  const deadLetters = () =>
    world.seen.filter(({ key, headers }) => 'dlq.reason' in headers && [appid, ''].includes(key));
  await eventually(() => deadLetters().length >= 6);
  expect(
    deadLetters()
      .map(({ headers }) => headers['dlq.reason'])
      .sort(),
  ).toEqual([
    ...['INVALID_OPERATION_ID', 'NOT_A_COMMAND', 'NOT_A_COMMAND'],
    ...Array(3).fill('UNKNOWN_OPERATION'),
  ]);
  const garbage = deadLetters().find((m) => m.value === 'garbage');
  expect(garbage).toMatchObject({
    key: appid,
    headers: { 'dlq.topic': expect.stringMatching(/commands\.v1$/) },
  });
});
