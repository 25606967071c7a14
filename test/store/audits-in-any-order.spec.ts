import { expect, it } from '@jest/globals';
import type { AuditEffect } from '@wxa/audits';
import type { ClaimedOperation } from '@wxa/operations';
import fc from 'fast-check';
import { auditDecision, audits, type End, HOUR_MS, opened, push } from './audit-steps.js';
import { settlement } from './operation-steps.js';
import { gateway, newAppid, sql, useStore, worker } from './use-store.js';

useStore();

const waves = (maxLength: number) => fc.array(fc.nat(8), { maxLength });
const auditPlan = fc.record({
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
  polls: waves(2),
  pollLateS: fc.nat(3600),
});
type AuditPlan = typeof auditPlan extends fc.Arbitrary<infer T> ? T : never;
interface Plan {
  waves: (() => Promise<unknown>)[][];
  /** In the order of submission. */
  audits: { operation: ClaimedOperation | undefined; state: End; isDelayed: boolean }[];
}

/** The steps of each wave; those of one wave run concurrently over several connections. */
function plan(appid: string, given: AuditPlan[]): Plan {
  const made: Plan = { waves: [], audits: [] };
  const at = (wave: number, work: () => Promise<unknown>) => {
    made.waves[wave] ??= [];
    made.waves[wave].push(work);
  };
  const store = () => (made.waves.flat().length % 2 === 0 ? gateway : worker);
  let endedAt = Date.now() - 3 * 24 * HOUR_MS;
  let wave = 0;
  for (const [n, one] of given.entries()) {
    const submittedAt = Math.floor(endedAt / 1000) * 1000 + one.afterS * 1000 + one.fractionMs;
    const startedAt = submittedAt - one.startedMs;
    // A delay in the second of a submission would belong to the previous audit, so no audit is delayed in its first seconds.
    const lastsS = one.isDelayed ? Math.max(one.lastsS, 5) : one.lastsS;
    const decidedAt = Math.floor(submittedAt / 1000 + lastsS) * 1000;
    const delayedAt = Math.floor((submittedAt + decidedAt) / 2);
    const auditId = String(1000 + n);
    const state = one.end === 'UNDONE' ? 'WITHDRAWN' : one.end;
    const audit: Plan['audits'][number] = { operation: undefined, state, isDelayed: one.isDelayed };
    made.audits.push(audit);
    const [begun, settled] = [wave, wave + 1 + one.settledIn];
    at(begun, async () => {
      audit.operation = await audits.begin(appid, 'SubmitAudit', startedAt);
    });
    at(settled, () =>
      settleSubmit(audit.operation, one.isDoubted, opened(auditId, one.isDoubted ? startedAt : submittedAt)),
    );
    const pushedIn = (pushes: number[], what: Parameters<typeof push>[2], when: number) => {
      for (const n of pushes) {
        const receiver = store();
        at(begun + 1 + n, () => push(receiver, appid, what, when));
      }
    };
    if (one.end === 'APPROVED' || one.end === 'REJECTED') pushedIn(one.pushes, one.end, decidedAt);
    if (one.isDelayed) {
      pushedIn(one.delays, 'DELAYED', delayedAt);
      const decision = auditDecision('DELAYED', 'POLL', delayedAt);
      for (const n of one.polls) at(settled + 1 + n, () => audits.poll(appid, auditId, decision));
    }
    const known = auditDecision(state, 'POLL', decidedAt + one.pollLateS * 1000);
    for (const n of one.polls) at(settled + 1 + n, () => audits.poll(appid, auditId, known));
    at(settled + 40, () => audits.poll(appid, auditId, known));
    const undone = settled + 1;
    if (one.end === 'UNDONE') at(undone, () => audits.undo(appid, decidedAt, auditId));
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
  if (!isDoubted) return audits.settle(operation, { auditEffect });
  await audits.settle(operation, { state: 'IN_DOUBT', mayHaveActed: true });
  await worker.doubts.take(100, 60_000);
  const ended = settlement(operation, 'SUCCEEDED', { event: null, auditEffect });
  return worker.doubts.settle(ended, { checks: 1, throttledMs: 0 });
}

it('Successive audits of a mini-program are completed once each as at WeChat, in whatever order callbacks and polls arrive', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(auditPlan, { minLength: 1, maxLength: 4 }), async (given) => {
      const appid = newAppid();
      const planned = plan(appid, given);
      for (const wave of planned.waves) await Promise.all((wave ?? []).map((work) => work()));
      const events = await audits.published(appid);
      const completed = events.filter(([, state]) => state !== 'DELAYED');
      const expected = planned.audits.map((a) => [`${a.operation?.id}.audit-completed`, a.state]);
      expect(completed.toSorted()).toEqual(expected.toSorted());
      const delayed = events.filter(([, state]) => state === 'DELAYED').map(([id]) => id);
      expect(new Set(delayed).size).toBe(delayed.length);
      const allowed = planned.audits
        .filter((a) => a.isDelayed)
        .map((a) => `${a.operation?.id}.audit-delayed`);
      expect(allowed).toEqual(expect.arrayContaining(delayed));
      expect(await sql('select from audit_pushes where waiting and appid = $1', appid)).toEqual([]);
    }),
    { numRuns: 30 },
  );
});
