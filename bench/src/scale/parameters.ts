import type { Method } from '@wxa/contracts';

/** One mini-program's part of a wave, in this order; in the middle WeChat's audit. */
export const BEFORE_AUDIT: Method[] = ['Commit', 'ListCategories', 'SubmitAudit'];
export const AFTER_AUDIT: Method[] = ['GetAuditStatus', 'Release'];
export const OPERATIONS_EACH = BEFORE_AUDIT.length + AFTER_AUDIT.length;

/** CPU that one operation takes of each, in milliseconds. */
export interface Costs {
  caller: number;
  gateway: number;
  worker: number;
  postgres: number;
  kafka: number;
  wechat: number;
}

/** How WeChat answers. */
export interface WechatManner {
  latencyMs: number;
  /** So many calls take longer by `slowMs`. */
  slowShare: number;
  slowMs: number;
  /** So many answer -1. */
  busyShare: number;
  /** From a submission to its verdict. */
  auditMs: number;
}

/** What is simulated. */
export interface Scenario {
  miniPrograms: number;
  /** Mini-programs that the caller has under way at once, up to their submission. */
  window: number;
  /** WECHAT_RATE_PER_API and WECHAT_RATE_PER_APPID; 0: no limit. */
  perApi: number;
  perAppid: number;
  workers: number;
  /** WORKER_CONCURRENCY */
  concurrency: number;
  partitions: number;
  gateways: number;
  /** One machine for everything with so many cores, or a core for each process of ours and so many for Postgres. */
  cores: { shared: number } | { postgres: number };
  costs: Costs;
  /** From asking to the start of the HTTP request while almost nothing goes on. */
  acceptToStartMs: number;
  wechat: WechatManner;
  seed: number;
}
