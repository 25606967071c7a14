import { describe, expect, it } from '@jest/globals';
import { AuditState, AuditStatus, GetAuditStatusResponse } from '@wxa/contracts';
import type { SettlementWithAudits } from '@wxa/store';
import { laneEntry } from '../lanes/lane-entry.js';
import { UNLIMITED } from '../throttle/fixtures/unlimited.js';
import { Permits } from '../throttle/permits.js';
import { RateLimits } from '../throttle/rate-limits.js';
import { StaticTokens } from '../tokens/token-source.js';
import { AttemptSettler } from './claim-and-settle.js';
import { APPID, idleStore, idleTools, RECORD, RELEASE, SETTLED } from './fixtures/release.js';
import { runner } from './fixtures/runner.js';
import type { RunnerTools } from './runner-tools.js';

const ID = RELEASE.id;

describe('AttemptSettler', () => {
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
    const entry = laneEntry(ID, APPID, 'GetAuditStatus', RECORD);
    const answered = { operation, decision: { kind: 'succeeded', result } as const, sent: true };
    expect(await settler.settle(entry, answered, () => undefined)).toEqual({ kind: 'done' });
    expect(effects).toEqual(['observed', undefined]);
  });

  /** A step that ends at once, with another entry behind it. */
  function withNext(given: Partial<RunnerTools> = {}, rejected?: Error) {
    const second = { ...RELEASE, id: ID.replace(/.$/, '2') };
    const next = laneEntry(second.id, APPID, 'Release', RECORD);
    const wrote: string[] = [];
    const settle = async ({ id }: { id: string }) => {
      wrote.push(`settle ${id.at(-1)}`);
      return SETTLED;
    };
    const { runner: made } = runner(() => ({ kind: 'unknown' }), {
      tokens: new StaticTokens({}),
      store: idleStore({
        settle,
        claim: async ({ id }) => {
          wrote.push(`claim ${id.at(-1)}`);
          return { kind: 'claimed', operation: id === ID ? RELEASE : second };
        },
        settleAndClaim: async ({ settlement, claim: { id } }) => {
          wrote.push(`settle ${settlement.id.at(-1)} and claim ${id.at(-1)}`);
          if (rejected !== undefined) throw rejected;
          return { settled: SETTLED, claim: { kind: 'claimed', operation: second } };
        },
      }),
      ...given,
    });
    const first = laneEntry(ID, APPID, 'Release', RECORD);
    const both = async () => {
      await made.run(first, () => next);
      await made.run(next);
      return wrote;
    };
    return { both };
  }

  it('The next entry of the lane is claimed in the same statement as the settlement before it.', async () => {
    const permits = new Permits(1);
    const { both } = withNext({ permits });
    expect(await both()).toEqual(['claim 1', 'settle 1 and claim 2', 'settle 2']);
    await permits.take();
  });

  it('An entry claimed with the settlement before it is settled even if its token cannot be read.', async () => {
    const permits = new Permits(1);
    const tokens = {
      get: async () => {
        if (reads++ === 0) return { kind: 'not-authorized' } as const;
        throw new Error('Postgres is unavailable');
      },
      refresh: () => Promise.reject(new Error('no token was rejected')),
    };
    let reads = 0;
    const { both } = withNext({ permits, tokens });
    expect(await both()).toEqual(['claim 1', 'settle 1 and claim 2', 'settle 2']);
    expect(permits.tryTake()).toBe(true);
  });

  it('The next entry is not claimed with the settlement if other lanes wait for a permit.', async () => {
    const permits = new Permits(1);
    const limits = new RateLimits({ perAppid: 0 }, UNLIMITED);
    const learn = () => void permits.take();
    const { both } = withNext({ permits, limits: Object.assign(limits, { tryAcquire: () => false, learn }) });
    expect(await both()).toEqual(['claim 1', 'settle 1', 'claim 2', 'settle 2']);
  });

  it('A settlement is written alone if Postgres rejects it together with the next claim.', async () => {
    const permits = new Permits(1);
    const { both } = withNext({ permits }, new Error('duplicate key value violates unique constraint'));
    const chained = 'settle 1 and claim 2';
    expect(await both()).toEqual(['claim 1', chained, 'settle 1', 'claim 2', 'settle 2']);
    await permits.take();
  });
});
