import type { ClaimedOperation, Settled, SettlementWithAudits } from '@wxa/operations';
import type { Store } from '@wxa/store';
import type { LaneEntry } from '../lanes/lane-entry.js';
import type { Spans } from '../spans.js';
import type { Permits } from '../throttle/permits.js';
import type { DailyQuota } from '../throttle/retry-policy.js';
import type { TokenSource } from '../tokens/token-source.js';
import type { ContextTools, DeadlineTools } from '../wechat/call-context.js';
import type { CircuitBreaker } from '../wechat/circuit-breaker.js';
import type { RetryBudget } from '../wechat/wechat-connection.js';

/** What a call and the reads before it work with. */
export interface CallTools extends DeadlineTools, ContextTools {
  store: ContextTools['store'] & { operations: Pick<Store['operations'], 'snapshot'> };
  dailyQuota: DailyQuota;
  /** The lease is the call's longest time plus this. */
  leaseMarginMs: number;
  onStoreFailure(error: unknown): void;
}

/** What a step of a lane works with. */
export interface RunnerTools extends CallTools {
  store: {
    operations: Pick<Store['operations'], 'claim' | 'settle' | 'settleAndClaim' | 'delayForApi' | 'find'>;
    history: Pick<Store['history'], 'isVerified' | 'reportLostClaim' | 'settleForward'>;
  } & CallTools['store'];
  backlog: Pick<Store['backlog'], 'lookUp' | 'releaseIfEnded'>;
  tokens: TokenSource;
  permits: Permits;
  breaker: Pick<CircuitBreaker, 'isOpen' | 'untilClosed' | 'openWithinMs'>;
  budget: Pick<RetryBudget, 'take'>;
  spans?: Spans | undefined;
  /** After each settlement was committed. */
  onSettled(row: SettlementWithAudits, settled: Settled, operation: ClaimedOperation): void;
  /** After a fenced settlement: another claim or an operator settled the operation. */
  onFenced(row: SettlementWithAudits, operation: ClaimedOperation): void;
  /** After Postgres has lost the claim of a settlement. `isStored`: the settlement was stored nevertheless. */
  onForgotten(row: SettlementWithAudits, isStored: boolean, operation: ClaimedOperation): void;
  /** A well-formed command whose operation is not in Postgres; resolves once it is dead-lettered. */
  onUnknown(entry: LaneEntry): Promise<void>;
}
