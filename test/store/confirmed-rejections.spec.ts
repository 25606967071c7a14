import { randomUUID } from 'node:crypto';
import { beforeEach, expect, it } from '@jest/globals';
import type { AuditDecision } from '@wxa/contracts';
import { type SettlementWithAudits, statusQueriesOf } from '@wxa/operations';
import { auditDecision, audits, HOUR_MS } from './audit-steps.js';
import { column, gateway, newAppid, sql, useStore, worker } from './use-store.js';

const SCHEDULE = { afterMs: 24 * HOUR_MS, intervalMs: HOUR_MS, limit: 100 };
const toStatusQuery = statusQueriesOf('test');

useStore({ toStatusQuery });

let auditNumber = 0;
let appid: string;
let auditId: string;
/** The SubmitAudit. */
let submitted: string;
beforeEach(async () => {
  auditNumber += 1;
  [appid, auditId] = [newAppid(), `${auditNumber}`];
  submitted = await audits.submitted(appid, auditId, Date.now() - HOUR_MS);
});

/** What WeChat says in a callback. */
const said = (reason: string, state: AuditDecision['state'] = 'REJECTED', at = Date.now() - 1_000) => ({
  ...{ key: randomUUID(), appid, signature: randomUUID() },
  decision: { ...auditDecision(state, 'CALLBACK', at), reason, screenshots: ['shot'] },
});
const push = (pushed: ReturnType<typeof said>) => gateway.audits.recordPush(pushed);

type Ended = Partial<SettlementWithAudits>;
const observed = (state: AuditDecision['state'], reason = '', readAt = new Date()): Ended => ({
  auditEffect: {
    ...{ kind: 'observed', auditId, readAt },
    decision: { ...auditDecision(state, 'POLL', Date.now()), reason },
  },
});
const pending = (readAt: Date): Ended => ({ auditEffect: { kind: 'pending', auditId, readAt } });

/** Ends the one open status query. */
async function read(ended: Ended): Promise<void> {
  const [query = '', ...others] = await column<string>(
    `select id from operations where appid = $1 and method = 'GetAuditStatus' and ended_at is null
     and request_id like 'audit-poll-%' and request ->> 'auditId' = $2`,
    ...[appid, auditId],
  );
  expect(others).toEqual([]);
  await audits.settle(await audits.claim(query), ended);
}

/** The AuditCompleted; the publisher of this test writes AuditDelayed under the same type. */
const events = () =>
  sql<{ id: string; decision: Partial<AuditDecision> }>(
    `select event_id as id, value::json -> 'decision' as decision from outbox
     where appid = $1 and type = 'wxa.code.v1.AuditCompleted' and event_id not like '%.audit-delayed'
     order by event_id`,
    appid,
  );

const stateOf = async () =>
  (await sql('select state, source, push_key from audits where operation_id = $1', submitted))[0];

/** The next poll of the audit is due, as it will be. */
async function dueNow(): Promise<void> {
  const id = (at: string) =>
    `'audit-poll-' || a.audit_id || '-' || floor(extract(epoch from ${at}) * 1000)::bigint`;
  const earlier = `a.next_poll_at - interval '7 days'`;
  await sql(
    `update operations o set request_id = ${id(earlier)} from audits a
     where a.operation_id = $1 and o.appid = a.appid and o.request_id = ${id('a.next_poll_at')}`,
    submitted,
  );
  await sql(`update audits a set next_poll_at = ${earlier} where operation_id = $1`, submitted);
}

const takeDue = async () => (await worker.audits.takeDue(SCHEDULE)).filter((due) => due.appid === appid);

it('A rejection of an open audit is published once a read agrees, with its own reason, screenshots and time', async () => {
  const pushed = said('1:app');
  expect(await push(pushed)).toBe('matched');
  expect(await push(pushed)).toBe('duplicate');
  expect(await events()).toEqual([]);
  const command = `select from outbox join operations o on event_id = o.id || '.command.0'
      where o.appid = $1 and request_id like 'audit-poll-%'`;
  expect(await sql(command, appid)).toHaveLength(1);
  await read(observed('REJECTED', '1:'));
  const decidedAt = pushed.decision.decidedAt.toISOString();
  const own = { state: 'REJECTED', source: 'CALLBACK', reason: '1:app', screenshots: ['shot'], decidedAt };
  expect(await events()).toMatchObject([{ id: `${submitted}.audit-completed`, decision: own }]);
  expect(await stateOf()).toEqual({ state: 'REJECTED', source: 'CALLBACK', push_key: pushed.key });
});

const READ = ' 1:app\r\n2:  page\r\n';

it.each([
  ['1:app\n2: page', '1:app\n2: page'],
  ['', READ],
])('A callback whose reason is %j agrees with a read that has other blanks', async (reason, published) => {
  await push(said(reason));
  await read(observed('REJECTED', READ));
  const decision = { source: 'CALLBACK', reason: published };
  expect(await events()).toMatchObject([{ id: `${submitted}.audit-completed`, decision }]);
});

/** What a read that began at a time says of an audit that has not ended. */
const OPEN: [what: string, found: (readAt: Date) => Ended][] = [
  ['under review', pending],
  ['delayed', (readAt) => observed('DELAYED', '', readAt)],
];

it.each(OPEN)(
  'A rejection is published without the audit if a read finds that %s, and the audit ends by a later callback',
  async (_what, found) => {
    const other = said('privacy guide');
    await push(other);
    await read(found(new Date(Date.now() + 1_000)));
    expect(await events()).toMatchObject([{ id: `${appid}.push.${other.key}` }]);
    expect(await stateOf()).toEqual({ state: 'OPEN', source: null, push_key: null });
    await push(said('', 'APPROVED'));
    expect(await stateOf()).toMatchObject({ state: 'APPROVED', source: 'CALLBACK' });
  },
);

it.each(OPEN)(
  'A read that began before the callback and found the audit %s does not decide about the callback',
  async (_what, found) => {
    const early = new Date(Date.now() - 60_000);
    const earlier = await audits.begin(appid, 'GetAuditStatus', early.getTime());
    await push(said('1:app'));
    await audits.settle(earlier, found(early));
    expect(await events()).toEqual([]);
    await read(observed('REJECTED'));
    expect(await events()).toMatchObject([{ decision: { source: 'CALLBACK', reason: '1:app' } }]);
    expect(await stateOf()).toMatchObject({ state: 'REJECTED', source: 'CALLBACK' });
  },
);

it('A rejection waits for another read if one fails, and counts without a read if the next one fails too', async () => {
  const pushed = said('1:app');
  await push(pushed);
  await read({ state: 'FAILED' });
  expect(await takeDue()).toEqual([]);
  await dueNow();
  const [again] = await takeDue();
  expect(again).toMatchObject({ auditId, trustsPush: false });
  await worker.operations.accept(toStatusQuery({ appid, auditId, requestId: again?.requestId ?? '' }));
  await read({ state: 'FAILED' });
  expect(await events()).toEqual([]);
  await dueNow();
  expect(await takeDue()).toMatchObject([{ auditId, trustsPush: true }]);
  await worker.audits.trustPush({ appid, auditId });
  await worker.audits.trustPush({ appid, auditId });
  expect(await events()).toMatchObject([
    { id: `${submitted}.audit-completed`, decision: { reason: '1:app' } },
  ]);
  expect(await stateOf()).toEqual({ state: 'REJECTED', source: 'CALLBACK', push_key: pushed.key });
});

it('A second one that comes before the read is published without the audit, and asks no second read', async () => {
  const second = said('privacy guide');
  await push(said('1:app'));
  await push(second);
  expect(await events()).toMatchObject([{ id: `${appid}.push.${second.key}` }]);
  await read(observed('REJECTED'));
  expect((await events()).map(({ decision }) => decision.reason).toSorted()).toEqual([
    '1:app',
    'privacy guide',
  ]);
});

it('A rejection whose read has another reason ends the audit with that one, and is published without the audit', async () => {
  const [guide, own] = [said('privacy guide'), said('1:app')];
  await push(guide);
  await push(own);
  await read(observed('REJECTED', '1:app'));
  const ended = { id: `${submitted}.audit-completed`, decision: { reason: '1:app', source: 'POLL' } };
  expect((await events()).find(({ id }) => id === ended.id)).toMatchObject(ended);
  const others = [guide, own].map(({ key }) => `${appid}.push.${key}`);
  expect((await events()).map(({ id }) => id).toSorted()).toEqual([ended.id, ...others].toSorted());
});

it.each(['by a read', 'by a callback'])(
  'A rejection is published without the audit if that is approved %s',
  async (how) => {
    const other = said('privacy guide', 'REJECTED', Date.now() - 60_000);
    await push(other);
    if (how === 'by a read') await read(observed('APPROVED'));
    else await push(said('', 'APPROVED'));
    expect((await events()).map(({ id }) => id).toSorted()).toEqual(
      [`${submitted}.audit-completed`, `${appid}.push.${other.key}`].toSorted(),
    );
    expect(await stateOf()).toMatchObject({ state: 'APPROVED' });
  },
);

it('A rejection is a duplicate if a callback of the same time approves the audit', async () => {
  const rejection = said('1:app');
  await push(rejection);
  await push(said('', 'APPROVED', rejection.decision.decidedAt.getTime() + 1));
  expect(await events()).toMatchObject([{ id: `${submitted}.audit-completed` }]);
  expect(await stateOf()).toMatchObject({ state: 'APPROVED' });
});

it('A rejection is published without a read if this service does not know the audit', async () => {
  appid = newAppid();
  const pushed = said('by hand');
  expect(await push(pushed)).toBe('unmatched');
  expect(await events()).toMatchObject([{ id: `${appid}.push.${pushed.key}` }]);
});
