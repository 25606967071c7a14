import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ReceivedPush } from '@wxa/audits';
import { auditDecision, audits, HOUR_MS, opened } from './audit-steps.js';
import { column, gateway, newAppid, sql, useStore, value, whileLocked, worker } from './use-store.js';

useStore();

const T = Date.now() - HOUR_MS;

function received(given: Partial<ReceivedPush> = {}): ReceivedPush {
  const decision = auditDecision('APPROVED', 'CALLBACK', Date.now());
  return { key: randomUUID(), appid: newAppid(), signature: randomUUID(), decision, ...given };
}

const recordAll = (pushes: ReceivedPush[], store = gateway) =>
  Promise.all(pushes.map((push) => store.audits.recordPush(push)));

const storedCount = (pushes: ReceivedPush[]) =>
  value(
    'select count(*)::int from audit_pushes where key = any($1)',
    pushes.map(({ key }) => key),
  );

describe('recordPush', () => {
  it('80 callbacks recorded together take at most 3 transactions, and each is matched to its own audit or none', async () => {
    const ours = Array.from({ length: 40 }, newAppid);
    const ids = await Promise.all(ours.map((appid, n) => audits.submitted(appid, `${n}`, T)));
    const pushes = [...ours.map((appid) => received({ appid })), ...ours.map(() => received())];
    expect(await recordAll([...pushes, ...pushes])).toEqual([
      ...Array(40).fill('matched'),
      ...Array(40).fill('unmatched'),
      ...Array(80).fill('duplicate'),
    ]);
    expect(await Promise.all(pushes.map(({ appid }) => audits.published(appid)))).toEqual([
      ...ids.map((id) => [[`${id}.audit-completed`, 'APPROVED']]),
      ...pushes.slice(40).map(({ appid, key }) => [[`${appid}.push.${key}`, 'APPROVED']]),
    ]);
    const keys = pushes.map(({ key }) => key);
    const transactions = await column(
      'select distinct xmin::text from audit_pushes where key = any($1)',
      keys,
    );
    expect(transactions.length).toBeLessThanOrEqual(3);
  });

  it('While the server is not verified, a callback is deferred, also of an open audit, and matched afterwards', async () => {
    const { history, probe } = gateway;
    const follow = async (update: string) => {
      await sql(`update history_state set ${update}`);
      history.follow(await probe.check());
    };
    const [found, unknown] = [received(), received()];
    await follow(`behind = true`);
    expect(await recordAll([found])).toEqual(['deferred']);
    await follow(`behind = false, identity = 'another server'`);
    expect(await recordAll([unknown])).toEqual(['deferred']);
    const ours = newAppid();
    const id = await audits.submitted(ours, '7', T);
    const reopened = newAppid();
    const undone = await audits.submitted(reopened, '9', T);
    expect(await recordAll([received({ appid: ours })])).toEqual(['deferred']);
    expect(await recordAll([received({ appid: reopened })])).toEqual(['deferred']);
    for (const appid of [found.appid, unknown.appid, ours, reopened])
      expect(await audits.published(appid)).toEqual([]);

    // The audit of one is restored, and the end of another one, whose callback is about the next audit.
    const restored = await audits.submitted(found.appid, '8', T);
    await audits.undo(reopened, T + 60_000, '9');
    const next = await audits.submitted(reopened, '10', T + 120_000);
    await follow(`identity = '${history.server}'`);
    await gateway.audits.matchDeferred();
    expect(await audits.published(found.appid)).toEqual([[`${restored}.audit-completed`, 'APPROVED']]);
    expect(await audits.published(ours)).toEqual([[`${id}.audit-completed`, 'APPROVED']]);
    expect(await audits.published(reopened)).toEqual(
      [
        [`${undone}.audit-completed`, 'WITHDRAWN'],
        [`${next}.audit-completed`, 'APPROVED'],
      ].toSorted(),
    );
    const alone = [`${unknown.appid}.push.${unknown.key}`, 'APPROVED'];
    expect(await audits.published(unknown.appid)).toEqual([alone]);
    expect(await recordAll([received()])).toEqual(['unmatched']);
    await follow('identity = null');
  });

  it('Equal callbacks dated years ago are matched once to each audit that is open when they arrive', async () => {
    const appid = newAppid();
    const decision = auditDecision('APPROVED', 'CALLBACK', 1_515_550_820_000);
    const manual = { appid, key: randomUUID(), decision };
    const ids: string[] = [];
    for (const auditId of ['1', '2']) {
      ids.push(await audits.submitted(appid, auditId, Date.now()));
      expect(await recordAll([received(manual), received(manual)])).toEqual(['matched', 'duplicate']);
      expect(await recordAll([received(manual), received(manual)])).toEqual(['duplicate', 'duplicate']);
    }
    expect(await audits.published(appid)).toEqual(ids.map((id) => [`${id}.audit-completed`, 'APPROVED']));
  });

  it('Callbacks of one mini-program recorded together are applied in the order of arrival', async () => {
    const appid = newAppid();
    const id = await audits.submitted(appid, '1', T);
    const pushes = (['DELAYED', 'REJECTED', 'APPROVED'] as const).map((state) =>
      received({ appid, decision: auditDecision(state, 'CALLBACK', T + 1_000) }),
    );
    expect(await recordAll(pushes)).toEqual(['matched', 'matched', 'duplicate']);
    const sent = `select event_id from outbox where appid = $1 and event_id like '%.audit-%' order by id`;
    expect(await column(sent, appid)).toEqual([`${id}.audit-delayed`, `${id}.audit-completed`]);
  });

  it('A callback that Postgres rejects fails alone among callbacks recorded together', async () => {
    const [before, after] = [received(), received()];
    const refused = received({ key: 'a text of Postgres holds no \u0000' });
    const all = [before, refused, after].map((push) => gateway.audits.recordPush(push));
    const results = await Promise.allSettled(all);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await storedCount([before, after])).toBe(2);
    // Nor is its signature stored.
    expect(await recordAll([before, { ...refused, key: randomUUID() }])).toEqual(['duplicate', 'unmatched']);
  });

  it('A callback of a mini-program whose audits are locked fails with a lock timeout and delays no other', async () => {
    const held = received();
    const lock = 'select pg_advisory_xact_lock(hashtextextended($1, 1))';
    await whileLocked(lock, [held.appid], async () => {
      const attempt = gateway.audits.recordPush(held).catch((error: unknown) => String(error));
      expect(await recordAll([received(), received()])).toEqual(['unmatched', 'unmatched']);
      expect(await attempt).toMatch(/lock timeout/);
    });
    expect(await storedCount([held])).toBe(0);
    expect(await recordAll([held])).toEqual(['unmatched']);
  });
});

describe('callback signatures', () => {
  const age = (pushes: ReceivedPush[], days: number) =>
    sql(
      `update push_signatures set received_at = now() - $2 * interval '1 day' where signature = any($1)`,
      ...[pushes.map(({ signature }) => signature), days],
    );

  it('A used signature makes a callback a duplicate at the same URL and a replay at another, for a year', async () => {
    const first = received();
    const again = received({ appid: first.appid, signature: first.signature });
    const elsewhere = received({ signature: first.signature });
    expect(await recordAll([first, again, elsewhere])).toEqual(['unmatched', 'duplicate', 'replayed']);
    // A nonce of ten digits can become a timestamp of that time.
    await age([first], 365);
    await recordAll([received(), received()]);
    expect(await recordAll([elsewhere, again], worker)).toEqual(['replayed', 'duplicate']);
    expect(await storedCount([again, elsewhere])).toBe(0);
    expect(await audits.published(elsewhere.appid)).toEqual([]);
  });

  it('A signature that comes to two gateways and ten URLs at once counts once', async () => {
    const signature = randomUUID();
    const copies = Array.from({ length: 10 }, () => received({ signature }));
    const stores = copies.map((_, n) => (n % 2 === 0 ? gateway : worker));
    const outcomes = await Promise.all(copies.map((push, n) => stores[n]?.audits.recordPush(push)));
    expect(outcomes.toSorted()).toEqual([...Array(9).fill('replayed'), 'unmatched']);
    expect(await storedCount(copies)).toBe(1);
  });

  it('Signatures older than a year are deleted a few at a time with later callbacks', async () => {
    const old = Array.from({ length: 5 }, () => received());
    const young = received();
    await recordAll([...old, young]);
    await age(old, 367);
    await age([young], 365);
    const signatures = [...old, young].map(({ signature }) => signature);
    const left = () =>
      value('select count(*)::int from push_signatures where signature = any($1)', signatures);
    await recordAll([received()]);
    expect(await left()).toBe(4);
    await recordAll([received(), received(), received()]);
    expect(await left()).toBe(1);
  });
});

describe('original id', () => {
  const originalIds = (appid: string) =>
    column(
      `select value::json -> 'decision' ->> 'originalId' from outbox
       where appid = $1 and type = 'wxa.code.v1.AuditCompleted' order by id`,
      appid,
    );
  const named = (appid: string, originalId: string, at: number) =>
    received({ appid, decision: { ...auditDecision('APPROVED', 'CALLBACK', at), originalId } });

  it('The event of an audit that ended without a callback has the original id of the latest callback', async () => {
    const [appid, unnamed] = [newAppid(), newAppid()];
    const minutes = (count: number) => T + count * 60_000;
    await recordAll([named(appid, 'gh_1', T)]);
    await audits.submitted(appid, '1', minutes(1));
    await audits.poll(appid, '1', auditDecision('WITHDRAWN', 'POLL', minutes(2)));
    await recordAll([named(appid, 'gh_2', minutes(3))]);
    await audits.submitted(appid, '2', minutes(4));
    await audits.undo(appid, minutes(5), '2');
    expect(await originalIds(appid)).toEqual(['gh_1', 'gh_1', 'gh_2', 'gh_2']);
    await audits.submitted(unnamed, '1', T);
    await audits.undo(unnamed, minutes(1), '1');
    expect(await originalIds(unnamed)).toEqual(['']);
  });

  it('The original id of a deferred callback is in the events published after its SubmitAudit settles', async () => {
    const appid = newAppid();
    const submit = await audits.begin(appid, 'SubmitAudit', T);
    const decision = { ...auditDecision('DELAYED', 'CALLBACK', Date.now()), originalId: 'gh_3' };
    expect(await recordAll([received({ appid, decision })])).toEqual(['deferred']);
    await audits.settle(submit, { auditEffect: opened('1', T) });
    await audits.undo(appid, Date.now(), '1');
    expect(await originalIds(appid)).toEqual(['gh_3', 'gh_3']);
  });
});
