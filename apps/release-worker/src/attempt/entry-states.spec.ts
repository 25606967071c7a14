import { expect, it } from '@jest/globals';
import type { ReceivedRecord } from '@wxa/kafka';
import type { Claim } from '@wxa/operations';
import { describeErrcode } from '@wxa/wxa-client';
import fc from 'fast-check';
import { laneEntry } from '../lanes/lane-entry.js';
import { Lanes } from '../lanes/lanes.js';
import { APPID, CLOSED, idleStore, idleTools, RELEASE, SETTLED } from './fixtures/release.js';
import { AttemptRunner } from './run-attempt.js';

const IDS = ['1', '2', '3', '4', '5'];
const CLAIMS = ['claimed', 'lease-expired', 'wait', 'blocked', 'delayed', 'finished', 'unknown'] as const;
const ERROR = { ...describeErrcode(85052), errcode: 85052, errmsg: '', rid: '', api: 'wxa/release' };
const RESULTS = [
  { kind: 'ok', value: {} },
  { kind: 'error', error: ERROR },
  { kind: 'ambiguous', cause: 'lost', error: ERROR },
] as const;

/** What the dependencies of a runner do, one after another; afterwards every claim, call and settlement succeeds. */
const events = fc.record({
  claims: fc.array(fc.constantFrom(...CLAIMS), { maxLength: 20 }),
  results: fc.array(fc.nat(RESULTS.length - 1), { maxLength: 10 }),
  chains: fc.array(fc.boolean(), { maxLength: 10 }),
  rebalances: fc.array(fc.boolean(), { maxLength: 20 }),
  breaks: fc.array(fc.boolean(), { maxLength: 20 }),
});
type Events = typeof events extends fc.Arbitrary<infer T> ? T : never;

/** Runs the operations in one lane; returns the failures of steps, and the operations that were claimed and settled. */
async function runAll(given: Events) {
  const [claims, results] = [[...given.claims], [...given.results]];
  const [chains, rebalances, breaks] = [[...given.chains], [...given.rebalances], [...given.breaks]];
  const failures: unknown[] = [];
  const [claimed, settled] = [new Set<string>(), new Set<string>()];
  const claim = (id: string): Claim => {
    const kind = claims.shift() ?? 'claimed';
    if (kind === 'claimed' || kind === 'lease-expired') claimed.add(id);
    const operation = { ...RELEASE, id };
    if (kind === 'unknown') return { kind };
    return kind === 'wait' ? { kind, waitMs: -1_000, operation } : { kind, operation };
  };
  const lanes = new Lanes();
  /** A rebalance may happen whenever a step waits for Postgres. */
  const rebalance = () => {
    if (rebalances.shift() === true) lanes.dropUnclaimed();
  };
  const breaker = { ...CLOSED };
  Object.defineProperty(breaker, 'isOpen', { get: () => breaks.shift() ?? false });
  const runner = new AttemptRunner({
    ...idleTools(),
    breaker,
    leaseMarginMs: 60_000,
    client: Object.assign(idleTools().client, { release: async () => RESULTS[results.shift() ?? 0] }),
    store: idleStore({
      claim: async ({ id }) => {
        rebalance();
        return claim(id);
      },
      settle: async ({ id }) => {
        rebalance();
        settled.add(id);
        return SETTLED;
      },
      settleAndClaim: async ({ settlement, claim: { id } }) => {
        rebalance();
        if (chains.shift() === false) throw Object.assign(new Error('rejected'), { code: '23505' });
        settled.add(settlement.id);
        return { settled: SETTLED, claim: claim(id) };
      },
    }),
    onStoreFailure: (error) => void failures.push(error),
  });
  lanes.start(runner);
  const record = { isCurrent: () => true, partition: 0, done: () => undefined } as unknown as ReceivedRecord;
  for (const id of IDS) lanes.add(laneEntry(id, APPID, 'Release', record));
  while (lanes.size > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await lanes.stop();
  return { failures, unsettled: [...claimed].filter((id) => !settled.has(id)) };
}

it('The states of lane entries follow their table and every claimed operation is settled, whatever happens.', async () => {
  await fc.assert(
    fc.asyncProperty(events, async (given) => {
      expect(await runAll(given)).toEqual({ failures: [], unsettled: [] });
    }),
    { numRuns: 200 },
  );
});
