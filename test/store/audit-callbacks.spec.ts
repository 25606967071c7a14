import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReceivedPush, Store } from '@wxa/store';
import pg from 'pg';
import { newAppid } from '../appid.js';
import { AuditSteps, auditDecision } from './audit-steps.js';
import { type ScratchStore, scratchStore } from './scratch-store.js';

const MINUTE_MS = 60_000;

let scratch: ScratchStore;
let steps: AuditSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new AuditSteps(scratch);
});
afterAll(() => scratch?.close());

function received(given: Partial<ReceivedPush> = {}): ReceivedPush {
  const decision = auditDecision('APPROVED', 'CALLBACK', Date.now());
  return { key: randomUUID(), appid: newAppid(), signature: randomUUID(), decision, ...given };
}

const recordAll = (pushes: ReceivedPush[], store: Store = scratch.gateway) =>
  Promise.all(pushes.map((push) => store.audits.recordPush(push)));

async function storedCount(pushes: ReceivedPush[]): Promise<number> {
  const keys = pushes.map(({ key }) => key);
  return (await scratch.sql('select from audit_pushes where key = any($1)', [keys])).length;
}

describe('recordPush', () => {
  it('80 callbacks recorded together take at most 3 transactions, and each is matched to its own audit or none', async () => {
    const ours = Array.from({ length: 40 }, newAppid);
    const submittedAt = Date.now() - MINUTE_MS;
    const operations = await Promise.all(ours.map((appid, n) => steps.submitted(appid, `${n}`, submittedAt)));
    const pushes = [...ours.map((appid) => received({ appid })), ...ours.map(() => received())];
    const twice = [...pushes, ...pushes];
    const outcomes = await recordAll(twice);
    expect(outcomes).toEqual([
      ...ours.map(() => 'matched'),
      ...ours.map(() => 'unmatched'),
      ...pushes.map(() => 'duplicate'),
    ]);
    const published = await Promise.all(pushes.map(({ appid }) => steps.published(appid)));
    expect(published).toEqual([
      ...operations.map(({ id }) => [[`${id}.audit-completed`, 'APPROVED']]),
      ...pushes.slice(40).map(({ appid, key }) => [[`${appid}.push.${key}`, 'APPROVED']]),
    ]);
    const sql = 'select distinct xmin::text from audit_pushes where key = any($1)';
    const transactions = await scratch.sql(sql, [pushes.map(({ key }) => key)]);
    expect(transactions.length).toBeLessThanOrEqual(3);
  });

  it('While the server is not verified, a callback without an audit is deferred, and matched afterwards', async () => {
    const { history, probe } = scratch.gateway;
    const follow = async (update: string) => {
      await scratch.sql(`update history_state set ${update}`);
      history.follow(await probe.check());
    };
    const pushes = [received(), received()];
    await follow(`behind = true`);
    expect(await recordAll(pushes.slice(0, 1))).toEqual(['deferred']);
    await follow(`behind = false, identity = 'another server'`);
    expect(await recordAll(pushes.slice(1))).toEqual(['deferred']);
    const ours = newAppid();
    const { id } = await steps.submitted(ours, '7', Date.now() - MINUTE_MS);
    expect(await recordAll([received({ appid: ours })])).toEqual(['matched']);
    expect(await Promise.all(pushes.map(({ appid }) => steps.published(appid)))).toEqual([[], []]);
    expect(await steps.published(ours)).toEqual([[`${id}.audit-completed`, 'APPROVED']]);

    // The audit of one is restored.
    const [found, unknown] = pushes as [ReceivedPush, ReceivedPush];
    const restored = await steps.submitted(found.appid, '8', Date.now() - MINUTE_MS);
    await follow(`identity = '${history.server}'`);
    await scratch.gateway.audits.matchDeferred();
    expect(await steps.published(found.appid)).toEqual([[`${restored.id}.audit-completed`, 'APPROVED']]);
    expect(await steps.published(unknown.appid)).toEqual([
      [`${unknown.appid}.push.${unknown.key}`, 'APPROVED'],
    ]);
    expect(await recordAll([received()])).toEqual(['unmatched']);
    await follow('identity = null');
  });

  it('Equal callbacks dated years ago are matched once to each audit that is open when they arrive', async () => {
    const appid = newAppid();
    const manual = {
      appid,
      key: randomUUID(),
      decision: auditDecision('APPROVED', 'CALLBACK', 1_515_550_820_000),
    };
    const submitted = async (auditId: string) => (await steps.submitted(appid, auditId, Date.now())).id;
    const outcomes = () => recordAll([received(manual), received(manual)]);
    const first = await submitted('1');
    expect([await outcomes(), await outcomes()]).toEqual([
      ['matched', 'duplicate'],
      ['duplicate', 'duplicate'],
    ]);
    const second = await submitted('2');
    expect([await outcomes(), await outcomes()]).toEqual([
      ['matched', 'duplicate'],
      ['duplicate', 'duplicate'],
    ]);
    expect(await steps.published(appid)).toEqual([
      [`${first}.audit-completed`, 'APPROVED'],
      [`${second}.audit-completed`, 'APPROVED'],
    ]);
  });

  it('Callbacks of one mini-program recorded together are applied in the order of arrival', async () => {
    const appid = newAppid();
    const submittedAt = Date.now() - MINUTE_MS;
    const { id } = await steps.submitted(appid, '1', submittedAt);
    const decided = (state: 'DELAYED' | 'REJECTED' | 'APPROVED') =>
      received({ appid, decision: auditDecision(state, 'CALLBACK', submittedAt + 1_000) });
    const outcomes = await recordAll([decided('DELAYED'), decided('REJECTED'), decided('APPROVED')]);
    expect(outcomes).toEqual(['matched', 'matched', 'duplicate']);
    const sql = `select event_id from outbox where appid = $1 and event_id like '%.audit-%' order by id`;
    expect(await scratch.sql(sql, [appid])).toEqual(
      ['delayed', 'completed'].map((what) => ({ event_id: `${id}.audit-${what}` })),
    );
  });

  it('A callback that Postgres rejects fails alone among callbacks recorded together', async () => {
    const [before, after] = [received(), received()];
    const refused = received({ key: 'a text of Postgres holds no \u0000' });
    const results = await Promise.allSettled(
      [before, refused, after].map((push) => scratch.gateway.audits.recordPush(push)),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await storedCount([before, after])).toBe(2);
    expect(await recordAll([before, { ...refused, key: randomUUID() }])).toEqual(['duplicate', 'unmatched']);
  });

  it('A callback of a mini-program whose audits are locked fails with a lock timeout and delays no other', async () => {
    const held = received();
    const holder = new pg.Client({ connectionString: scratch.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select pg_advisory_xact_lock(hashtextextended($1, 1))', [held.appid]);
    const others = [received(), received()];
    const attempt = scratch.gateway.audits.recordPush(held).catch((error: unknown) => String(error));
    expect(await recordAll(others)).toEqual(['unmatched', 'unmatched']);
    expect(await attempt).toMatch(/lock timeout/);
    expect(await storedCount([held])).toBe(0);
    await holder.end();
    expect(await recordAll([held])).toEqual(['unmatched']);
  });
});

describe('callback signatures', () => {
  it('A callback with a used signature is a duplicate at the same URL and a replay at another', async () => {
    const first = received();
    const again = received({ appid: first.appid, signature: first.signature });
    const elsewhere = received({ signature: first.signature });
    expect(await recordAll([first, again, elsewhere])).toEqual(['unmatched', 'duplicate', 'replayed']);
    expect(await recordAll([elsewhere, again], scratch.worker)).toEqual(['replayed', 'duplicate']);
    expect(await storedCount([again, elsewhere])).toBe(0);
    expect(await steps.published(elsewhere.appid)).toEqual([]);
  });

  it('A signature that comes to two gateways and ten URLs at once counts once', async () => {
    const signature = randomUUID();
    const copies = Array.from({ length: 10 }, () => received({ signature }));
    const outcomes = await Promise.all(
      copies.map((push, n) => (n % 2 === 0 ? scratch.gateway : scratch.worker).audits.recordPush(push)),
    );
    expect(outcomes.toSorted()).toEqual([...Array(9).fill('replayed'), 'unmatched']);
    expect(await storedCount(copies)).toBe(1);
  });

  it('A signature is not stored if its callback could not be stored', async () => {
    const refused = received({ key: 'no \u0000' });
    await expect(scratch.gateway.audits.recordPush(refused)).rejects.toThrow();
    expect(await recordAll([received({ signature: refused.signature })])).toEqual(['unmatched']);
  });

  it('A signature is used for a year, in which a nonce of ten digits can become its timestamp', async () => {
    const first = received();
    await recordAll([first]);
    const age = `update push_signatures set received_at = now() - interval '365 days' where signature = $1`;
    await scratch.sql(age, [first.signature]);
    await recordAll([received(), received()]);
    const again = received({ appid: first.appid, signature: first.signature });
    const elsewhere = received({ signature: first.signature });
    expect(await recordAll([again, elsewhere])).toEqual(['duplicate', 'replayed']);
  });

  it('Signatures older than a year are deleted a few at a time with later callbacks', async () => {
    const old = Array.from({ length: 5 }, () => received());
    const young = received();
    await recordAll([...old, young]);
    const age = `update push_signatures set received_at = now() - $2 * interval '1 day' where signature = any($1)`;
    await scratch.sql(age, [old.map(({ signature }) => signature), 367]);
    await scratch.sql(age, [[young.signature], 365]);
    const left = async () =>
      (
        await scratch.sql('select from push_signatures where signature = any($1)', [
          [...old, young].map(({ signature }) => signature),
        ])
      ).length;
    await recordAll([received()]);
    expect(await left()).toBe(4);
    await recordAll([received(), received(), received()]);
    expect(await left()).toBe(1);
  });
});

describe('original id', () => {
  const originalIds = async (appid: string) => {
    const rows = await scratch.sql<{ original: string }>(
      `select value::json -> 'decision' ->> 'originalId' as original from outbox
       where appid = $1 and type = 'wxa.code.v1.AuditCompleted' order by id`,
      [appid],
    );
    return rows.map(({ original }) => original);
  };
  const named = (appid: string, originalId: string, at: number) =>
    received({ appid, decision: { ...auditDecision('APPROVED', 'CALLBACK', at), originalId } });

  it('The event of an audit that ended without a callback has the original id of the latest callback', async () => {
    const [appid, unnamed] = [newAppid(), newAppid()];
    const begunAt = Date.now() - 60 * MINUTE_MS;
    await recordAll([named(appid, 'gh_1', begunAt)]);
    await steps.submitted(appid, '1', begunAt + MINUTE_MS);
    await steps.poll(appid, '1', auditDecision('WITHDRAWN', 'POLL', begunAt + 2 * MINUTE_MS));
    await recordAll([named(appid, 'gh_2', begunAt + 3 * MINUTE_MS)]);
    await steps.submitted(appid, '2', begunAt + 4 * MINUTE_MS);
    await steps.undo(appid, begunAt + 5 * MINUTE_MS, '2');
    expect(await originalIds(appid)).toEqual(['gh_1', 'gh_1', 'gh_2', 'gh_2']);
    await steps.submitted(unnamed, '1', begunAt);
    await steps.undo(unnamed, begunAt + MINUTE_MS, '1');
    expect(await originalIds(unnamed)).toEqual(['']);
  });

  it('The original id of a deferred callback is in the events published after its SubmitAudit settles', async () => {
    const appid = newAppid();
    const submit = await steps.begin(appid, 'SubmitAudit', true, Date.now() - MINUTE_MS);
    const delayed = { ...auditDecision('DELAYED', 'CALLBACK', Date.now()), originalId: 'gh_3' };
    expect(await recordAll([received({ appid, decision: delayed })])).toEqual(['deferred']);
    const submittedAt = new Date(Date.now() - MINUTE_MS);
    await steps.settle(submit, { auditEffect: { kind: 'opened', auditId: '1', submittedAt } });
    await steps.undo(appid, Date.now(), '1');
    expect(await originalIds(appid)).toEqual(['gh_3', 'gh_3']);
  });
});
