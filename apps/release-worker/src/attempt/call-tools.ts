import type { CallResult } from '@wxa/methods';
import type { Store } from '@wxa/store';
import type { DailyQuota } from '../throttle/retry-policy.js';
import type { ContextTools } from '../wechat/call-context.js';
import type { DeadlineTools } from '../wechat/deadline.js';

/** What a call and the reads before it work with. */
export interface CallTools extends DeadlineTools, ContextTools {
  store: ContextTools['store'] & { operations: Pick<Store['operations'], 'snapshot'> };
  dailyQuota: DailyQuota;
  /** The lease is the call's longest time plus this. */
  leaseMarginMs: number;
  onStoreFailure(error: unknown): void;
  onCall(api: string, kind: CallResult<unknown>['kind'], seconds: number): void;
}
