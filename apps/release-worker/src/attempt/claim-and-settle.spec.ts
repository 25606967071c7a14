import { expect, it } from '@jest/globals';
import { AuditState, AuditStatus, GetAuditStatusResponse } from '@wxa/contracts';
import type { SettlementWithAudits } from '@wxa/operations';
import { laneEntry } from '../lanes/lane-entry.js';
import { limitsOf } from '../throttle/fixtures/unlimited.js';
import { Permits } from '../throttle/permits.js';
import { StaticTokens } from '../tokens/token-source.js';
import { AttemptSettler } from './claim-and-settle.js';
import { APPID, claimed, idleStore, idleTools, RECORD, RELEASE, SETTLED } from './fixtures/release.js';
import { runner } from './fixtures/runner.js';
import type { RunnerTools } from './runner-tools.js';

it('A status of an audit that is written only after a failover decides no audit until Postgres is verified.', async () => {
  const effects: unknown[] = [];
  const history = { ...idleStore().history, isVerified: true };
  const settle = async ({ auditEffect }: SettlementWithAudits) => {
    if (effects.push(auditEffect?.kind) > 1) return SETTLED;
    history.isVerified = false;
    throw Object.assign(new Error('the server stops'), { code: '57P01' });
  };
  const settler = new AttemptSettler({ ...idleTools(), store: { ...idleStore({ settle }), history } });
  const operation = { ...RELEASE, method: 'GetAuditStatus', isChange: false };
  const audit = AuditStatus.fromPartial({ auditId: 1n, state: AuditState.AUDIT_STATE_APPROVED });
  const result = { $case: 'getAuditStatus', value: GetAuditStatusResponse.fromPartial({ audit }) } as const;
  const entry = laneEntry(RELEASE.id, APPID, 'GetAuditStatus', RECORD);
  const answered = { operation, decision: { kind: 'succeeded', result } as const, sent: true };
  expect(await settler.settle(entry, answered, () => undefined)).toEqual({ kind: 'done' });
  expect(effects).toEqual(['observed', undefined]);
});

it('An UndoAudit withdraws the audit that the snapshot before its call shows as the latest.', async () => {
  const client = Object.assign(idleTools().client, {
    getLatestAuditStatus: async () => ({ kind: 'ok', value: { auditId: 8n, state: 'PENDING' } }),
    undoAudit: async () => ({ kind: 'ok', value: {} }),
  });
  const { runner: made, settled } = runner(claimed({ method: 'UndoAudit', snapshot: null }), { client });
  await made.run(laneEntry(RELEASE.id, APPID, 'UndoAudit', RECORD));
  expect(settled).toMatchObject([{ state: 'SUCCEEDED', auditEffect: { kind: 'withdrawn', auditId: '8' } }]);
});

const permits = new Permits(1);

/** What is written by an entry that ends at once and the one behind it; afterwards no permit is held. */
async function written(given: Partial<RunnerTools> = {}, rejected?: Error) {
  const [first, second] = ['1', '2'].map((id) => laneEntry(id, APPID, 'Release', RECORD));
  if (first === undefined || second === undefined) throw new Error('there is no entry');
  const writes: string[] = [];
  const { runner: made } = runner(
    { kind: 'unknown' },
    {
      permits,
      tokens: new StaticTokens({}),
      store: idleStore({
        settle: async ({ id }) => {
          writes.push(`settle ${id}`);
          return SETTLED;
        },
        claim: async ({ id }) => {
          writes.push(`claim ${id}`);
          return claimed({ id });
        },
        settleAndClaim: async ({ settlement, claim: { id } }) => {
          writes.push(`settle ${settlement.id} and claim ${id}`);
          if (rejected !== undefined) throw rejected;
          return { settled: SETTLED, claim: claimed({ id }) };
        },
      }),
      ...given,
    },
  );
  await made.run(first, () => second);
  await made.run(second);
  return writes;
}

it('The next entry of the lane is claimed in the same statement as the settlement before it.', async () => {
  expect(await written()).toEqual(['claim 1', 'settle 1 and claim 2', 'settle 2']);
  expect(permits.tryTake()).toBe(true);
  permits.give();
});

it('An entry claimed with the settlement before it is settled even if its token cannot be read.', async () => {
  let reads = 0;
  const get = async () => {
    if (reads++ === 0) return { kind: 'not-authorized' } as const;
    throw new Error('Postgres is unavailable');
  };
  const refresh = () => Promise.reject(new Error('no token was rejected'));
  const chained = ['claim 1', 'settle 1 and claim 2', 'settle 2'];
  expect(await written({ tokens: { get, refresh } })).toEqual(chained);
  expect(permits.tryTake()).toBe(true);
  permits.give();
});

it('The next entry is not claimed with the settlement if other lanes wait for a permit.', async () => {
  const contended = new Permits(1);
  const learn = () => void contended.take();
  const limits = Object.assign(limitsOf({ learn }), { tryAcquire: () => false });
  const alone = ['claim 1', 'settle 1', 'claim 2', 'settle 2'];
  expect(await written({ permits: contended, limits })).toEqual(alone);
});

it('A settlement is written alone if Postgres rejects it together with the next claim.', async () => {
  const rejected = new Error('duplicate key value violates unique constraint');
  const alone = ['claim 1', 'settle 1 and claim 2', 'settle 1', 'claim 2', 'settle 2'];
  expect(await written({}, rejected)).toEqual(alone);
  expect(permits.tryTake()).toBe(true);
  permits.give();
});
