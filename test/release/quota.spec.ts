import { afterEach, expect, it } from '@jest/globals';
import { readMetric } from '../metrics/exposition.js';
import {
  eventually,
  kill,
  newAppid,
  readyz,
  SUCCEEDED,
  useWorld,
  worker,
  world,
  wxaHere,
} from '../use-world.js';
import { AUDIT_ITEM } from './audit-item.js';
import { latestAuditId } from './change-cases.js';
import { delayedFor, stopEnd } from './delayed-for-api.js';

const API = 'wxa/submit_audit';

useWorld({ env: { WECHAT_DAILY_QUOTA_POLICY: 'delay' } });

const workerUrl = () => world.stack.addresses.workers[0] ?? '';
const readiness = async () => {
  const { ready, parts } = await readyz(workerUrl());
  return { ready, detail: parts.wechat?.detail };
};
const quota = (...args: string[]) => wxaHere(['quota', ...args]);

async function committed(): Promise<string> {
  const appid = newAppid();
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  return appid;
}

// For the next test.
afterEach(async () => {
  await world.sim.clearFaults();
  const stops = await world.sql('select from api_limits where api = $1 and stopped_until > now()', [API]);
  if (stops.length > 0) await quota('lift', API);
});

const submit = (appid: string) => world.change('SubmitAudit', { appid, items: [AUDIT_ITEM] });
const isDelayed = (id: string) => delayedFor(world, API, id);

it('Errcode 85085 stops that API for all mini-programs across a restart, fails nothing, and is lifted by the quota command', async () => {
  const [refused, other, later] = [await committed(), await committed(), await committed()];
  await world.sim.addFault({ api: API, kind: 'errcode', errcode: 85085, times: 0 });
  const first = await submit(refused);
  const behind = await world.change('Commit', { appid: refused, templateId: 1n, userVersion: '2.0' });
  await isDelayed(first.id);
  const until = await stopEnd(world, API);
  expect(await world.get(first.id)).toMatchObject({
    ...{ state: 'OPERATION_STATE_RETRYING', attempts: 1, error: { errcode: 85085 } },
    nextAttemptTime: until,
  });
  const second = await submit(other);
  await isDelayed(second.id);
  expect(await world.get(second.id)).toMatchObject({ state: 'OPERATION_STATE_QUEUED', attempts: 0 });
  await eventually(async () => expect((await world.get(behind.id)).blockedBy).toBe(first.id));
  expect(await world.call('ListPages', { appid: other })).toMatchObject({ pages: expect.any(Array) });

  const detail = `${API} stopped until ${until.toISOString()} (85085)`;
  expect(await readiness()).toEqual({ ready: true, detail });
  expect(await readMetric(workerUrl(), `wxa_quota_exhausted{api="${API}"}`)).toBe(1);

  await kill(worker());
  await worker().start();
  const third = await submit(later);
  await isDelayed(third.id);
  expect(await world.sim.calls({ api: API })).toHaveLength(1);

  await world.sim.clearFaults();
  expect((await quota('list')).out).toContain(`${API} stopped until ${until.toISOString()}: 85085`);
  expect(await quota('lift', API)).toMatchObject({ code: 0, out: expect.stringContaining('3 operations') });
  for (const { id } of [first, second, third, behind])
    expect(await world.wait(id)).toMatchObject({ state: SUCCEEDED });
  expect((await quota('list')).out).toBe('no API is stopped\n');
  expect(await quota('lift', API)).toMatchObject({ code: 1, err: `${API} is not stopped\n` });
  await eventually(async () => expect((await readiness()).detail).toBeUndefined());
});

const withFlag = (appid: string) =>
  world.change('SubmitAudit', { appid, items: [AUDIT_ITEM], failWithoutQuota: true });
const EXHAUSTED = {
  state: 'OPERATION_STATE_FAILED',
  error: { errcode: 85085, reason: 'AUDIT_QUOTA_EXHAUSTED', category: 'ERROR_CATEGORY_QUOTA' },
};

it('A SubmitAudit with fail_without_quota fails on 85085, and without a call while the API is stopped for it; others wait', async () => {
  const [refused, other, later] = [await committed(), await committed(), await committed()];
  await world.sim.addFault({ api: API, appid: refused, kind: 'errcode', errcode: 85085 });
  expect(await world.wait((await withFlag(refused)).id)).toMatchObject({ ...EXHAUSTED, attempts: 1 });
  const waiting = await submit(other);
  await isDelayed(waiting.id);
  expect(await world.wait((await withFlag(later)).id)).toMatchObject({ ...EXHAUSTED, attempts: 0 });
  expect(await world.sim.calls({ appid: later, api: API })).toEqual([]);
  expect(await world.run('Commit', { appid: later, templateId: 1n, userVersion: '2.0' })).toMatchObject({
    state: SUCCEEDED,
  });
  expect((await quota('lift', API)).out).toContain('1 operation ');
  expect(await world.wait(waiting.id)).toMatchObject({ state: SUCCEEDED });
});

/** A SubmitAudit answered with -1 before or after its effect, while its API is stopped. */
async function busyThenStopped(when: 'before' | 'after') {
  const [appid, other] = [await committed(), await committed()];
  await world.sim.addFault({ api: API, appid: other, kind: 'errcode', errcode: 85085 });
  const { id: busy } = await world.sim.addFault(
    when === 'after'
      ? { api: API, appid, kind: 'hang', when, releasedAs: 'busy' }
      : { api: API, appid, kind: 'busy', when, times: 0 },
  );
  const { id } = await submit(appid);
  await eventually(async () => (await world.sim.fault(busy)).hits > 0);
  const waiting = await submit(other);
  await isDelayed(waiting.id);
  await world.sim.clearFaults(busy);
  return { appid, id };
}

it('A SubmitAudit executed with the response -1 succeeds although its API is stopped, and blocks nothing', async () => {
  const { appid, id } = await busyThenStopped('after');
  const release = await world.change('Release', { appid });
  const auditId = await latestAuditId(world, appid);
  expect(await world.wait(id)).toMatchObject({
    ...{ state: SUCCEEDED, attempts: 1, result: { $case: 'submitAudit', value: { auditId } } },
  });
  await world.wait(release.id);
  await world.sim.decide(appid, { decision: 'approve' });
  await eventually(() => world.messages('AuditCompleted', appid).length > 0);
  const completed = world.messages('AuditCompleted', appid).map(({ json }) => json);
  expect(completed).toMatchObject([{ operationId: id, result: 'AUDIT_RESULT_APPROVED' }]);
  expect(await world.run('Release', { appid })).toMatchObject({ state: SUCCEEDED });
});

it('A SubmitAudit answered with -1 waits for the quota with a new deadline once reads confirm that it was not executed', async () => {
  const { appid, id } = await busyThenStopped('before');
  await isDelayed(id);
  expect(await world.get(id)).toMatchObject({
    ...{
      state: 'OPERATION_STATE_RETRYING',
      startTime: undefined,
      nextAttemptTime: await stopEnd(world, API),
    },
  });
  await quota('lift', API);
  expect(await world.wait(id)).toMatchObject({ state: SUCCEEDED });
  expect((await world.sim.app(appid)).audits).toHaveLength(1);
});

/** The operation once it waits for its quota: its deadline begins again. */
const waiting = (id: string) =>
  eventually(async () => {
    const operation = await world.get(id);
    return operation.state === 'OPERATION_STATE_RETRYING' && operation.startTime === undefined && operation;
  });
const makeDue = (id: string) =>
  world.sql('update operations set next_attempt_at = clock_timestamp() where id = $1 and parked', [id]);

it('Errcode 45009 delays the operation until midnight in China, while later changes wait and queries pass', async () => {
  const appid = await committed();
  await world.sim.addFault({ api: API, appid, kind: 'errcode', errcode: 45009 });
  const first = await submit(appid);
  const behind = await world.change('Commit', { appid, templateId: 1n, userVersion: '2.0' });
  const { nextAttemptTime, error } = await waiting(first.id);
  expect(error?.errcode).toBe(45009);
  const china = new Date((nextAttemptTime?.getTime() ?? 0) + 8 * 3_600_000).toISOString();
  const isFirstHour = (Date.now() / 3_600_000 + 8) % 24 < 1;
  if (!isFirstHour) expect(china).toContain('T00:01:00');
  await eventually(async () => expect((await world.get(behind.id)).blockedBy).toBe(first.id));
  expect(await world.call('ListPages', { appid })).toMatchObject({ pages: expect.any(Array) });
  await makeDue(first.id);
  expect(await world.wait(first.id)).toMatchObject({ state: SUCCEEDED, attempts: 2 });
  expect(await world.wait(behind.id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
});
