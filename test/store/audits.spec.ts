import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditEffect, ClaimedOperation, SettlementWithAudits, Store, Verdict } from '@wxa/store';
import fc from 'fast-check';
import { eventually } from '../eventually.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch?.close());

const anAppid = () => `wx${randomUUID().replaceAll('-', '').slice(0, 16)}`;
const HOUR_MS = 3_600_000;

type End = 'APPROVED' | 'REJECTED' | 'WITHDRAWN';

function verdict(state: Verdict['state'], source: Verdict['source'], at: number): Verdict {
  return { state, source, decidedAt: new Date(at), reason: '', screenshots: [], originalId: '' };
}

/** A push of WeChat's, at one of two gateways. */
function push(store: Store, appid: string, state: End | 'DELAYED', at: number) {
  return store.recordPush({
    key: `${appid} ${state} ${at}`,
    appid,
    verdict: verdict(state, 'CALLBACK', Math.floor(at / 1000) * 1000),
  });
}

async function begin(appid: string, method: string, isChange: boolean, startedAt: number) {
  const operation = newOperation({ appid, method, isChange });
  await scratch.gateway.accept(operation);
  return claim(operation.id, startedAt);
}

async function claim(id: string, startedAt: number): Promise<ClaimedOperation> {
  const claimed = await scratch.worker.claim({ id, leaseMs: 60_000, key: randomUUID() });
  if (claimed.kind !== 'claimed') throw new Error(`not claimed but ${claimed.kind}`);
  await scratch.sql('update operations set started_at = $2 where id = $1', [id, new Date(startedAt)]);
  return claimed.operation;
}

type Ended = Pick<SettlementWithAudits, 'state' | 'auditEffect' | 'mayHaveActed'>;

function row({ id, appid, attempt }: ClaimedOperation, ended: Ended): SettlementWithAudits {
  return {
    ...{ id, appid, attempt, calls: 1, parked: false, error: null, result: null, event: null },
    endedAt: ['SUCCEEDED', 'FAILED'].includes(ended.state) ? new Date() : null,
    nextAttemptAt: ended.state === 'RETRYING' ? new Date() : null,
    askAt: ended.state === 'IN_DOUBT' ? new Date(0) : null,
    ...ended,
  };
}

const settle = (operation: ClaimedOperation, ended: Partial<Ended>) =>
  scratch.worker.settle(
    row(operation, { state: 'SUCCEEDED', auditEffect: null, mayHaveActed: false, ...ended }),
  );

/** A question about an audit comes home. */
async function ask(appid: string, auditId: string, said: Verdict) {
  const question = await begin(appid, 'GetAuditStatus', false, Date.now());
  await settle(question, { auditEffect: { kind: 'observed', auditId, verdict: said } });
}

async function undo(appid: string, at: number, auditId?: string) {
  const operation = await begin(appid, 'UndoAudit', true, at);
  const told = verdict('WITHDRAWN', 'OPERATION', at);
  await settle(operation, { auditEffect: { kind: 'withdrawn', verdict: told, auditId } });
}

async function submitted(appid: string, auditId: string, at: number): Promise<ClaimedOperation> {
  const operation = await begin(appid, 'SubmitAudit', true, at);
  await settle(operation, { auditEffect: { kind: 'opened', auditId, submittedAt: new Date(at) } });
  return operation;
}

/** The ids of the audit events of a mini-program, with the state that each tells. */
async function told(appid: string): Promise<[id: string, state: string][]> {
  const rows = await scratch.sql<{ id: string; state: string }>(
    `select event_id as id, value::json -> 'verdict' ->> 'state' as state from outbox
     where appid = $1 and type = 'AuditCompleted' order by id`,
    [appid],
  );
  return rows.map(({ id, state }) => [id, state]);
}

describe('audits of one mini-program, one after the other', () => {
  const waves = (maxLength: number) => fc.array(fc.nat(8), { maxLength });
  const anAudit = fc.record({
    end: fc.constantFrom('APPROVED', 'REJECTED', 'WITHDRAWN', 'UNDONE' as const),
    isDelayed: fc.boolean(),
    isDoubted: fc.boolean(),
    afterS: fc.integer({ min: 1, max: 7200 }),
    lastsS: fc.integer({ min: 1, max: 7200 }),
    fractionMs: fc.nat(999),
    startedMs: fc.nat(400),
    settledIn: fc.nat(2),
    nextIn: fc.nat(2),
    pushes: waves(3),
    delays: waves(2),
    asks: waves(2),
    asksLateS: fc.nat(3600),
  });
  type AnAudit = typeof anAudit extends fc.Arbitrary<infer T> ? T : never;
  interface Plan {
    waves: (() => Promise<unknown>)[][];
    /** In the order of their submission. */
    audits: { operation: ClaimedOperation | undefined; state: End; isDelayed: boolean }[];
  }

  /** What happens in which wave; all of one wave happens at once, over several connections. */
  function plan(appid: string, given: AnAudit[]): Plan {
    const made: Plan = { waves: [], audits: [] };
    const at = (wave: number, work: () => Promise<unknown>) => {
      made.waves[wave] ??= [];
      made.waves[wave].push(work);
    };
    const store = () => (made.waves.flat().length % 2 === 0 ? scratch.gateway : scratch.worker);
    let endedAt = Date.now() - 100 * 24 * HOUR_MS;
    let wave = 0;
    for (const [n, one] of given.entries()) {
      const submittedAt = Math.floor(endedAt / 1000) * 1000 + one.afterS * 1000 + one.fractionMs;
      const startedAt = submittedAt - one.startedMs;
      const decidedAt = Math.floor(submittedAt / 1000 + one.lastsS) * 1000;
      const delayedAt = Math.floor((submittedAt + decidedAt) / 2);
      const auditId = String(1000 + n);
      const state = one.end === 'UNDONE' ? 'WITHDRAWN' : one.end;
      const audit: Plan['audits'][number] = { operation: undefined, state, isDelayed: one.isDelayed };
      made.audits.push(audit);
      const [begun, settled] = [wave, wave + 1 + one.settledIn];
      at(begun, async () => {
        audit.operation = await begin(appid, 'SubmitAudit', true, startedAt);
      });
      at(settled, () =>
        settleSubmit(audit.operation, one.isDoubted, {
          kind: 'opened',
          auditId,
          submittedAt: new Date(one.isDoubted ? startedAt : submittedAt),
        }),
      );
      if (one.end === 'APPROVED' || one.end === 'REJECTED') {
        const { end } = one;
        for (const n of one.pushes) {
          const gateway = store();
          at(begun + 1 + n, () => push(gateway, appid, end, decidedAt));
        }
      }
      if (one.isDelayed) {
        for (const n of one.delays) {
          const gateway = store();
          at(begun + 1 + n, () => push(gateway, appid, 'DELAYED', delayedAt));
        }
        const said = verdict('DELAYED', 'POLL', delayedAt);
        for (const n of one.asks) at(settled + 1 + n, () => ask(appid, auditId, said));
      }
      const known = verdict(state, 'POLL', decidedAt + one.asksLateS * 1000);
      for (const n of one.asks) at(settled + 1 + n, () => ask(appid, auditId, known));
      at(settled + 40, () => ask(appid, auditId, known));
      const undone = settled + 1;
      if (one.end === 'UNDONE') at(undone, () => undo(appid, decidedAt, auditId));
      wave = undone + 1 + one.nextIn;
      endedAt = decidedAt;
    }
    return made;
  }

  async function settleSubmit(
    operation: ClaimedOperation | undefined,
    isDoubted: boolean,
    auditEffect: AuditEffect,
  ) {
    if (operation === undefined) throw new Error('not begun');
    if (!isDoubted) return settle(operation, { auditEffect });
    await settle(operation, { state: 'IN_DOUBT', mayHaveActed: true });
    await scratch.worker.takeDoubts(100, 60_000);
    return scratch.worker.settleDoubt(
      row(operation, { state: 'SUCCEEDED', auditEffect, mayHaveActed: false }),
      1,
    );
  }

  it('end once each, as they did at WeChat, whatever is told when and where', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anAudit, { minLength: 1, maxLength: 4 }), async (given) => {
        const appid = anAppid();
        const { waves: all, audits } = plan(appid, given);
        for (const wave of all) await Promise.all((wave ?? []).map((work) => work()));
        const events = await told(appid);
        const completed = events.filter(([, state]) => state !== 'DELAYED');
        const expected = audits.map((a) => [`${a.operation?.id}.audit-completed`, a.state]);
        expect(completed.toSorted()).toEqual(expected.toSorted());
        const delayed = events.filter(([, state]) => state === 'DELAYED').map(([id]) => id);
        expect(new Set(delayed).size).toBe(delayed.length);
        const allowed = audits.filter((a) => a.isDelayed).map((a) => `${a.operation?.id}.audit-delayed`);
        expect(allowed).toEqual(expect.arrayContaining(delayed));
        expect(await scratch.sql('select from audit_pushes where waiting and appid = $1', [appid])).toEqual(
          [],
        );
      }),
      { numRuns: 50 },
    );
  }, 60_000);
});

describe('a push', () => {
  const T = Date.now() - 10 * HOUR_MS;

  it('waits while a SubmitAudit may have opened its audit, and for no other', async () => {
    const appid = anAppid();
    const first = await submitted(appid, '1', T);
    const second = await begin(appid, 'SubmitAudit', true, T + HOUR_MS);
    expect(await push(scratch.gateway, appid, 'REJECTED', T + HOUR_MS + 60_000)).toBe('kept');
    expect(await push(scratch.gateway, appid, 'APPROVED', T + 60_000)).toBe('bound');
    await settle(second, { state: 'IN_DOUBT', mayHaveActed: true });
    expect(await push(scratch.worker, appid, 'DELAYED', T + HOUR_MS + 30_000)).toBe('kept');
    const word = { id: second.id, resolvedBy: 'me', reason: 'saw it' };
    const auditEffect: AuditEffect = {
      kind: 'opened',
      auditId: '2',
      submittedAt: new Date(T + HOUR_MS),
    };
    const decide = () => ({ state: 'SUCCEEDED' as const, error: null, result: null, auditEffect });
    await scratch.gateway.resolve(word, decide, ({ id }) => event(appid, id));
    expect(await told(appid)).toEqual(
      [
        [`${first.id}.audit-completed`, 'APPROVED'],
        [`${second.id}.audit-delayed`, 'DELAYED'],
        [`${second.id}.audit-completed`, 'REJECTED'],
      ].toSorted(),
    );
  });

  it('waits no longer than the try it may belong to', async () => {
    const appid = anAppid();
    const refused = await begin(appid, 'SubmitAudit', true, T);
    expect(await push(scratch.gateway, appid, 'APPROVED', T)).toBe('kept');
    await settle(refused, { state: 'RETRYING', auditEffect: { kind: 'not-opened' } });
    expect(await told(appid)).toEqual([[`${appid}.push.${appid} APPROVED ${T}`, 'APPROVED']]);
    expect(await push(scratch.gateway, appid, 'APPROVED', T + 5_000)).toBe('unknown-audit');
  });

  it('of an audit made outside this service is told as such, and ends none of ours', async () => {
    const appid = anAppid();
    const first = await submitted(appid, '1', T);
    expect(await push(scratch.gateway, appid, 'APPROVED', T - 10_000)).toBe('unknown-audit');
    expect(await push(scratch.gateway, appid, 'APPROVED', T + 10_000)).toBe('bound');
    expect(await push(scratch.gateway, appid, 'REJECTED', T + HOUR_MS)).toBe('unknown-audit');
    expect(await push(scratch.gateway, appid, 'DELAYED', T + HOUR_MS)).toBe('unknown-audit');
    expect((await told(appid)).filter(([id]) => id.startsWith(first.id))).toEqual([
      [`${first.id}.audit-completed`, 'APPROVED'],
    ]);
  });

  it('that contradicts another of the same moment changes nothing, at whichever gateway', async () => {
    const appid = anAppid();
    const { id } = await submitted(appid, '1', T);
    const at = T + 60_000;
    const outcomes = await Promise.all(
      [scratch.gateway, scratch.worker].flatMap((store) => [
        push(store, appid, 'APPROVED', at),
        push(store, appid, 'REJECTED', at),
        push(store, appid, 'APPROVED', at),
      ]),
    );
    expect(outcomes.toSorted()).toEqual(['bound', ...Array(5).fill('duplicate')]);
    expect((await told(appid)).map(([event]) => event)).toEqual([`${id}.audit-completed`]);
  });
});

describe('an UndoAudit', () => {
  it('ends no audit of ours where what it withdrew was made outside', async () => {
    const [ours, elsewhere] = [anAppid(), anAppid()];
    const T = Date.now() - HOUR_MS;
    const { id } = await submitted(ours, '1', T);
    await submitted(elsewhere, '1', T);
    await undo(ours, T + 1_000, '1');
    await undo(elsewhere, T + 1_000, '2');
    expect(await told(ours)).toEqual([[`${id}.audit-completed`, 'WITHDRAWN']]);
    expect(await told(elsewhere)).toEqual([]);
  });
});

describe('the questions about open audits', () => {
  it('come once in an interval, over all workers, and not while one is under way', async () => {
    const appid = anAppid();
    await submitted(appid, '7', Date.now() - HOUR_MS);
    const schedule = { afterMs: 60_000, intervalMs: 300, limit: 100 };
    const take = async () =>
      (await scratch.worker.takeDueAudits(schedule)).filter((audit) => audit.appid === appid);
    const taken = await Promise.all([1, 2, 3, 4].map(take));
    const [question] = taken.flat();
    expect(taken.flat()).toMatchObject([{ auditId: '7' }]);
    const asked = newOperation({ appid, method: 'GetAuditStatus', isChange: false });
    await scratch.worker.accept({ ...asked, requestId: question?.requestId ?? '' });
    const isDue = 'select from audits where appid = $1 and next_poll_at < now()';
    await eventually(async () => (await scratch.sql(isDue, [appid])).length === 1);
    // WeChat is away, and the question has not ended.
    expect(await take()).toEqual([]);
    await settle(await claim(asked.id, Date.now()), {});
    expect(await take()).toMatchObject([
      { auditId: '7', requestId: expect.not.stringContaining(question?.requestId ?? '') },
    ]);
  });

  it('are not asked before their time, nor more at once than are wanted', async () => {
    const appids = [anAppid(), anAppid(), anAppid()];
    for (const appid of appids) await submitted(appid, '7', Date.now() - 30_000);
    const take = async (afterMs: number, limit: number) =>
      (await scratch.worker.takeDueAudits({ afterMs, intervalMs: 60_000, limit })).filter(({ appid }) =>
        appids.includes(appid),
      );
    expect(await take(60_000, 100)).toEqual([]);
    const taken = [await take(0, 2), await take(0, 2), await take(0, 2)];
    expect(taken.map(({ length }) => length)).toEqual([2, 1, 0]);
  });
});
