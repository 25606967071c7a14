import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Evidence, type PublishedOutcome, Store, UnverifiedServerError } from '@wxa/store';
import { newAppid } from '../appid.js';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

const HOUR_MS = 3_600_000;

let scratch: ScratchStore;
let steps: OperationSteps;
/** A worker's store, which claims changes only on a verified server. */
let checked: Store;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
  const toEvent = () => {
    throw new Error('no audit is written');
  };
  checked = await Store.open(
    { url: scratch.url },
    { writer: 'release-worker', toEvent },
    { claimsAreChecked: true },
  );
});
afterAll(async () => {
  await checked?.close();
  await scratch?.close();
});
beforeEach(async () => {
  await scratch.sql(`update history_state set identity = null, verified_at = null, behind = false, evidence = null,
    accepted_at = null, queries_deleted_until = null, changes_deleted_until = null`);
  await scratch.sql('delete from history_exempt');
  await refresh();
});

const refresh = async () => checked.history.follow(await checked.probe.check());

const stored = async () =>
  (
    await scratch.sql<{ behind: boolean; evidence: Evidence[] | null; identity: string; verified: boolean }>(
      'select behind, evidence, identity, verified_at is not null as verified from history_state',
    )
  )[0];

/** Checks the server that the last probe saw. */
const check = (published: PublishedOutcome[]) =>
  checked.history.check({ published, server: checked.history.server ?? '' });

/** The outcome of an operation that Postgres may not have. */
function outcome(given: Partial<PublishedOutcome> = {}): PublishedOutcome {
  const operationId = given.operationId ?? randomUUID();
  const appid = given.appid ?? newAppid();
  const eventId = `${operationId}.${given.claim ? `in-doubt.${given.claim}` : 'completed'}`;
  return { eventId, operationId, appid, isChange: true, claim: null, at: new Date(), ...given };
}

/** An operation that has been claimed once and settled as in doubt. */
async function inDoubt(): Promise<string> {
  const [id = ''] = await steps.accept(1, newAppid());
  const operation = claimed(await steps.claim(id));
  await scratch.worker.operations.settle(settlement(operation, 'IN_DOUBT', { reconcileInMs: HOUR_MS }));
  return id;
}

describe('History.check', () => {
  it('A server without contradicted outcomes is verified by its identity', async () => {
    const [id = ''] = await steps.accept(1, newAppid());
    await scratch.worker.operations.settle(settlement(claimed(await steps.claim(id)), 'SUCCEEDED'));
    const doubt = await inDoubt();
    expect(checked.history.isVerified).toBe(false);
    const published = [outcome({ operationId: id }), outcome({ operationId: doubt, claim: 1 })];
    expect(await check(published)).toMatchObject({ stored: { behind: false }, evidence: [] });
    expect(checked.history.isVerified).toBe(true);
    expect(await stored()).toEqual({
      ...{ behind: false, evidence: null, verified: true },
      identity: checked.history.server,
    });
  });

  it('A completed operation that is not final or missing, or a lower claim, proves that Postgres is behind', async () => {
    const [queued = ''] = await steps.accept(1, newAppid());
    const doubt = await inDoubt();
    const lost = outcome();
    const published = [
      outcome({ operationId: queued }),
      outcome({ operationId: doubt, claim: 2 }),
      lost,
      outcome({ isChange: false }),
      outcome({ claim: 1 }),
    ];
    const { stored: now, evidence } = await check(published);
    expect(now.behind).toBe(true);
    expect(evidence.map((each) => [each.kind, each.stored])).toEqual([
      ['E1', 'QUEUED, claim 0'],
      ['E2', 'IN_DOUBT, claim 1'],
      ['E1', 'missing'],
      ['E1', 'missing'],
      ['E2', 'missing'],
    ]);
    expect(await stored()).toMatchObject({ behind: true, evidence: evidence.slice(0, 3) });
    expect(evidence[2]).toMatchObject({
      operationId: lost.operationId,
      appid: lost.appid,
      known: lost.eventId,
    });
    expect([checked.history.isVerified, checked.history.isBehind]).toEqual([false, true]);
  });

  it('A server is not verified by outcomes that were read while another one answered', async () => {
    const comparison = { published: [], server: 'other' };
    await expect(checked.history.check(comparison)).rejects.toBeInstanceOf(UnverifiedServerError);
    await refresh();
    expect(checked.history.isVerified).toBe(false);
    expect(await stored()).toMatchObject({ identity: null, verified: false });
  });

  it('A server that is behind stays so although later outcomes are in order', async () => {
    await check([outcome()]);
    await check([]);
    await refresh();
    expect([checked.history.isVerified, checked.history.isBehind]).toEqual([false, true]);
    expect((await stored())?.evidence).toHaveLength(1);
  });

  it('A missing operation that retention may have deleted is no evidence, by its kind', async () => {
    const at = new Date(Date.now() - HOUR_MS);
    const query = outcome({ at, isChange: false });
    await scratch.sql('update history_state set queries_deleted_until = $1', [at]);
    expect((await check([query])).stored.behind).toBe(false);
    expect((await check([outcome({ at, isChange: true })])).stored.behind).toBe(true);
    await scratch.sql('update history_state set behind = false, changes_deleted_until = $1', [at]);
    const later = { ...query, at: new Date(at.getTime() + 1) };
    expect((await check([outcome({ at, isChange: true })])).stored.behind).toBe(false);
    expect((await check([later])).stored.behind).toBe(true);
  });

  it('A missing operation of an exempt mini-program is no evidence, and one that is not final is', async () => {
    const lost = outcome();
    await scratch.sql('insert into history_exempt (appid) values ($1)', [lost.appid]);
    expect((await check([lost])).stored.behind).toBe(false);
    const [queued = ''] = await steps.accept(1, lost.appid);
    const published = outcome({ operationId: queued, appid: lost.appid });
    expect((await check([published])).stored.behind).toBe(true);
  });

  it('Outcomes from before an operator accepted the state are no evidence', async () => {
    const at = new Date();
    await scratch.sql('update history_state set accepted_at = $1', [at]);
    expect((await check([outcome({ at }), outcome({ at, claim: 3 })])).stored.behind).toBe(false);
    expect((await check([outcome({ at: new Date(at.getTime() + 1) })])).stored.behind).toBe(true);
  });
});

describe('History.confirm', () => {
  const age = () => scratch.sql(`update history_state set verified_at = now() - interval '1 minute'`);
  const isRecent = async () => Date.now() - ((await checked.history.verifiedAt())?.getTime() ?? 0) < 30_000;

  it('The time at which a server was known to be verified is stored only by the verified one', async () => {
    await check([]);
    await age();
    await checked.history.confirm();
    expect(await isRecent()).toBe(true);
    await age();
    await scratch.sql(`update history_state set identity = 'other'`);
    await checked.history.confirm();
    expect(await isRecent()).toBe(false);
    await check([outcome()]);
    await checked.history.confirm();
    expect(await isRecent()).toBe(false);
  });
});

describe('claims of changes', () => {
  const claim = (id: string, isChange: boolean) =>
    checked.operations.claim({ id, leaseMs: 60_000, key: randomUUID(), isChange });

  it('A change is claimed only on a verified server, a query on any', async () => {
    const [change = ''] = await steps.accept(1, newAppid());
    const query = newOperation({ isChange: false, appid: newAppid(), method: 'GetVisitStatus' });
    await scratch.gateway.operations.accept(query);
    expect(await claim(query.id, false)).toMatchObject({ kind: 'claimed' });
    await expect(claim(change, true)).rejects.toBeInstanceOf(UnverifiedServerError);
    await check([]);
    expect(await claim(change, true)).toMatchObject({ kind: 'claimed' });
  });

  it('No change is claimed on a connection to another server than the verified one', async () => {
    const [first = '', second = ''] = [
      ...(await steps.accept(1, newAppid())),
      ...(await steps.accept(1, newAppid())),
    ];
    await check([]);
    const operation = claimed(await claim(first, true));
    // As after a failover, while the checks of Postgres still see the old server.
    await scratch.sql(`update history_state set identity = 'other'`);
    checked.history.follow({
      isWritable: true,
      server: {
        ...{ isWritable: true, clockSkewMs: 0, identity: 'other' },
        history: { identity: 'other', behind: false, evidence: null },
      },
    });
    expect(checked.history.isVerified).toBe(true);
    await expect(claim(second, true)).rejects.toBeInstanceOf(UnverifiedServerError);
    const link = { id: second, leaseMs: 60_000, key: randomUUID(), isChange: true };
    await expect(
      checked.operations.settleAndClaim({ settlement: settlement(operation, 'SUCCEEDED'), claim: link }),
    ).rejects.toBeInstanceOf(UnverifiedServerError);
    expect((await scratch.worker.operations.find(first))?.state).toBe('RUNNING');
  });
});
