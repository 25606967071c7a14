import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { History, PublishedOutcome } from '@wxa/operations/history';
import { UnverifiedServerError } from '@wxa/postgres';
import { Store } from '@wxa/store';
import {
  accept,
  acceptQuery,
  begin,
  claim,
  claimed,
  settle,
  settlement,
  stateOf,
} from './operation-steps.js';
import { event } from './scratch-store.js';
import { newAppid, scratch, sql, useStore } from './use-store.js';

const HOUR_MS = 3_600_000;
const RETENTION = { queriesMs: 24 * HOUR_MS, changesMs: 90 * 24 * HOUR_MS };

// Before its database is dropped.
afterAll(() => checked?.close());
useStore();
/** A worker's store, which claims changes only on a verified server. */
let checked: Store;
let history: History;
beforeAll(async () => {
  const publisher = { writer: 'release-worker', toEvent: () => event('', '') } as const;
  checked = await Store.open({ url: scratch.url }, publisher, { claimsAreChecked: true });
  history = checked.history;
});
beforeEach(async () => {
  await sql(`update history_state set identity = null, verified_at = null, behind = false, evidence = null,
    accepted_at = null, queries_deleted_until = null, changes_deleted_until = null`);
  await sql('delete from history_exempt');
  await refresh();
});

const refresh = async () => history.follow(await checked.probe.check());

const stored = async () =>
  (
    await sql<{ evidence: unknown[] | null }>(
      'select behind, evidence, identity, verified_at is not null as verified from history_state',
    )
  )[0];

/** Checks the server that the last probe saw. */
const check = (...published: PublishedOutcome[]) =>
  history.check({ published, server: history.server ?? '', retention: RETENTION });
const isBehind = async (...published: PublishedOutcome[]) => (await check(...published)).stored.behind;

/** The outcome of an operation that Postgres may not have. */
function outcome(given: Partial<PublishedOutcome> = {}): PublishedOutcome {
  const operationId = given.operationId ?? randomUUID();
  const eventId = `${operationId}.${given.claim ? `in-doubt.${given.claim}` : 'completed'}`;
  const missing = { eventId, operationId, appid: newAppid(), isChange: true, claim: null, at: new Date() };
  return { ...missing, ...given };
}

/** An operation that has been claimed once and settled as in doubt. */
async function inDoubt(): Promise<string> {
  const operation = await begin();
  await settle(operation, 'IN_DOUBT', { reconcileInMs: HOUR_MS });
  return operation.id;
}

describe('History.check', () => {
  it('A server without contradicted outcomes is verified by its identity', async () => {
    const operation = await begin();
    await settle(operation, 'SUCCEEDED');
    const doubt = await inDoubt();
    expect(history.isVerified).toBe(false);
    const published = [outcome({ operationId: operation.id }), outcome({ operationId: doubt, claim: 1 })];
    expect(await check(...published)).toMatchObject({ stored: { behind: false }, evidence: [] });
    expect(history.isVerified).toBe(true);
    expect(await stored()).toEqual({
      behind: false,
      evidence: null,
      verified: true,
      identity: history.server,
    });
  });

  it('A completed operation that is not final or missing, or a lower claim, proves that Postgres is behind', async () => {
    const queued = await accept();
    const doubt = await inDoubt();
    const lost = outcome();
    const { stored: now, evidence } = await check(
      outcome({ operationId: queued }),
      outcome({ operationId: doubt, claim: 2 }),
      lost,
      outcome({ isChange: false }),
      outcome({ claim: 1 }),
    );
    expect(now.behind).toBe(true);
    expect(evidence.map((each) => [each.kind, each.stored])).toEqual([
      ['E1', 'QUEUED, claim 0'],
      ['E2', 'IN_DOUBT, claim 1'],
      ['E1', 'missing'],
      ['E1', 'missing'],
      ['E2', 'missing'],
    ]);
    expect(await stored()).toMatchObject({ behind: true, evidence: evidence.slice(0, 3) });
    const { operationId, appid, eventId } = lost;
    expect(evidence[2]).toMatchObject({ operationId, appid, known: eventId });
    expect([history.isVerified, history.isBehind]).toEqual([false, true]);
  });

  it('A server is not verified by outcomes that were read while another one answered', async () => {
    const other = history.check({ published: [], server: 'other', retention: RETENTION });
    await expect(other).rejects.toBeInstanceOf(UnverifiedServerError);
    await refresh();
    expect(history.isVerified).toBe(false);
    expect(await stored()).toMatchObject({ identity: null, verified: false });
  });

  it('A server that is behind stays so although later outcomes are in order', async () => {
    await check(outcome());
    await check();
    await refresh();
    expect([history.isVerified, history.isBehind]).toEqual([false, true]);
    expect((await stored())?.evidence).toHaveLength(1);
  });

  it('A missing operation that retention may have deleted is no evidence, by its kind', async () => {
    const at = new Date(Date.now() - HOUR_MS);
    const [change, query] = [outcome({ at, isChange: true }), outcome({ at, isChange: false })];
    await sql('update history_state set queries_deleted_until = $1', at);
    expect([await isBehind(query), await isBehind(change)]).toEqual([false, true]);
    await sql('update history_state set behind = false, changes_deleted_until = $1', at);
    expect(await isBehind(change)).toBe(false);
    expect(await isBehind({ ...query, at: new Date(at.getTime() + 1) })).toBe(true);
  });

  it('A missing operation older than its retention is no evidence, because version 0.2.0 records nothing that it deletes', async () => {
    const at = new Date(Date.now() - 25 * HOUR_MS);
    expect(await isBehind(outcome({ at, isChange: false }))).toBe(false);
    expect(await isBehind(outcome({ at: new Date(at.getTime() + 2 * HOUR_MS), isChange: false }))).toBe(true);
    await sql('update history_state set behind = false');
    expect(await isBehind(outcome({ at }))).toBe(true);
  });

  it('A missing operation of an exempt mini-program is no evidence, and one that is not final is', async () => {
    const lost = outcome();
    await sql('insert into history_exempt (appid) values ($1)', lost.appid);
    expect(await isBehind(lost)).toBe(false);
    const operationId = await accept({ appid: lost.appid });
    expect(await isBehind(outcome({ operationId, appid: lost.appid }))).toBe(true);
  });

  it('Outcomes from before an operator accepted the state are no evidence', async () => {
    const at = new Date();
    await sql('update history_state set accepted_at = $1', at);
    expect(await isBehind(outcome({ at }), outcome({ at, claim: 3 }))).toBe(false);
    expect(await isBehind(outcome({ at: new Date(at.getTime() + 1) }))).toBe(true);
  });
});

it('The time at which a server was known to be verified is stored only by the verified one', async () => {
  const isConfirmed = async () => {
    await sql(`update history_state set verified_at = now() - interval '1 minute'`);
    await history.confirm(RETENTION);
    return Date.now() - ((await history.verifiedAt())?.getTime() ?? 0) < 30_000;
  };
  await check();
  expect(await isConfirmed()).toBe(true);
  await sql(`update history_state set identity = 'other'`);
  expect(await isConfirmed()).toBe(false);
  await check(outcome());
  expect(await isConfirmed()).toBe(false);
});

describe('claims of changes', () => {
  it('A change is claimed only on a verified server, a query on any', async () => {
    const [change, query] = [await accept(), await acceptQuery()];
    expect(await claim(query, { isChange: false }, checked)).toMatchObject({ kind: 'claimed' });
    const unverified = claim(change, { isChange: true }, checked);
    await expect(unverified).rejects.toBeInstanceOf(UnverifiedServerError);
    await check();
    expect(await claim(change, { isChange: true }, checked)).toMatchObject({ kind: 'claimed' });
  });

  it('No change is claimed on a connection to another server than the verified one', async () => {
    const [first, second] = [await accept(), await accept()];
    await check();
    const operation = claimed(await claim(first, { isChange: true }, checked));
    // As after a failover, while the checks of Postgres still see the old server.
    await sql(`update history_state set identity = 'other'`);
    const other = { identity: 'other', behind: false, evidence: null };
    const server = { isWritable: true, clockSkewMs: 0, identity: 'other', history: other };
    history.follow({ isWritable: true, server });
    expect(history.isVerified).toBe(true);
    const link = { id: second, leaseMs: 60_000, key: randomUUID(), isChange: true };
    const both = { settlement: settlement(operation, 'SUCCEEDED'), claim: link };
    const { operations } = checked;
    await expect(operations.claim(link)).rejects.toBeInstanceOf(UnverifiedServerError);
    await expect(operations.settleAndClaim(both)).rejects.toBeInstanceOf(UnverifiedServerError);
    expect(await stateOf(first)).toBe('RUNNING');
  });
});

describe('a command without its operation', () => {
  /** By the time in its id. */
  const accepted = (isChange = true, at = Date.now()) => {
    const time = at.toString(16).padStart(12, '0');
    const id = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${randomUUID().slice(-12)}`;
    return { id, appid: newAppid(), isChange };
  };
  const report = (operation: ReturnType<typeof accepted>) => history.reportLostOperation(operation);

  it('A command without its operation proves that Postgres is behind, as evidence E4', async () => {
    const lost = accepted();
    expect(await report(lost)).toBe(true);
    expect(history.isBehind).toBe(true);
    const { id: operationId, appid } = lost;
    const known = expect.stringMatching(/^accepted 20..-.*Z$/);
    expect(history.evidence).toMatchObject([{ kind: 'E4', operationId, appid, stored: 'missing', known }]);
  });

  it('A command is no evidence if the operation exists, be it of another mini-program, or if its mini-program is exempt', async () => {
    expect(await report({ ...accepted(), id: await accept() })).toBe(false);
    const exempt = accepted();
    await sql('insert into history_exempt (appid) values ($1)', exempt.appid);
    expect(await report(exempt)).toBe(false);
  });

  it('That of a query older than its retention is none once a worker has confirmed the server', async () => {
    await check();
    await sql(
      `update history_state set queries_deleted_until = null, verified_at = now() - interval '1 minute'`,
    );
    await history.confirm(RETENTION);
    expect(await report(accepted(false, Date.now() - 24 * HOUR_MS))).toBe(false);
    expect(await report(accepted(true, Date.now() - 24 * HOUR_MS))).toBe(true);
  });

  // Retention has deleted operations of its kind that are at most an hour older, or an operator accepted the state since.
  it.each([
    ['query', 'queries_deleted_until', '-50 minutes', false],
    ['change', 'queries_deleted_until', '-50 minutes', true],
    ['change', 'changes_deleted_until', '-50 minutes', false],
    ['change', 'changes_deleted_until', '-70 minutes', true],
    ['change', 'accepted_at', '1 minute', false],
  ])('That of a %s, with %s %s from now, is evidence: %s', async (kind, column, offset, isEvidence) => {
    await sql(`update history_state set ${column} = now() + interval '${offset}'`);
    expect(await report(accepted(kind === 'change'))).toBe(isEvidence);
  });
});
