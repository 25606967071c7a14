import { status as Code } from '@grpc/grpc-js';
import type { RpcErrorRow } from '../operation-reasons.js';

/** Errors of a gateway that is busy, stops, or waits for others; not of a request. */
export const SERVER_ERRORS = {
  WAIT_ENDED: {
    code: Code.DEADLINE_EXCEEDED,
    category: 'DEADLINE',
    hint: 'Get the result later with GetOperation, or set a longer deadline.',
    hintZh: '稍后用 GetOperation 获取结果，或设置更长的期限。',
  },
  UPLOAD_TOO_SLOW: {
    code: Code.DEADLINE_EXCEEDED,
    category: 'DEADLINE',
    hint: 'Send the file faster; it has to arrive within 2 minutes.',
    hintZh: '加快上传，文件须在 2 分钟内送达。',
  },
  CALLER_GONE: {
    code: Code.CANCELLED,
    category: 'DEADLINE',
    hint: 'No action is needed: the caller cancelled the call.',
    hintZh: '调用方已取消，无需处理。',
  },
  STORE_UNAVAILABLE: {
    code: Code.UNAVAILABLE,
    category: 'TRANSPORT',
    retryAfterMs: 1000,
    hint: 'Retry; if it persists, check Postgres. If only CancelOperation and ResolveOperation fail, check Kafka and the workers.',
    hintZh:
      '重试；若持续出现，检查 Postgres。若只有 CancelOperation 和 ResolveOperation 失败，检查 Kafka 和 worker。',
  },
  HISTORY_BEHIND: {
    code: Code.UNAVAILABLE,
    category: 'TRANSPORT',
    retryAfterMs: 60_000,
    hint: 'Wait until the operator has brought Postgres up to date (docs/restore.md).',
    hintZh: '等待运维人员按 docs/restore.md 恢复 Postgres。',
  },
  WORKERS_BEHIND: {
    code: Code.UNAVAILABLE,
    category: 'TRANSPORT',
    retryAfterMs: 10_000,
    hint: 'Retry when all workers run the new version.',
    hintZh: '待所有 worker 升级后重试。',
  },
  STOPPING: {
    code: Code.UNAVAILABLE,
    category: 'TRANSPORT',
    retryAfterMs: 1000,
    hint: 'Retry: another gateway accepts the call.',
    hintZh: '重试，由其他网关处理。',
  },
  TOO_MANY_REQUESTS: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'RATE',
    retryAfterMs: 1000,
    hint: 'Retry after the delay, with fewer calls at once.',
    hintZh: '按给出的间隔重试，并减少并发。',
  },
  TOO_MANY_WAITING: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'RATE',
    retryAfterMs: 5000,
    hint: 'Retry after the delay, with fewer waiting calls.',
    hintZh: '按给出的间隔重试，并减少等待中的调用。',
  },
  TOO_MANY_WATCHERS: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'RATE',
    retryAfterMs: 5000,
    hint: 'Close streams that are not needed.',
    hintZh: '关闭不需要的 WatchOperations 或 WatchRollout 流。',
  },
  WATCHER_TOO_SLOW: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'RATE',
    retryAfterMs: 1000,
    hint: 'Read the stream faster, or watch one mini-program only, and open it again.',
    hintZh: '加快读取，或只监听一个小程序，然后重新打开流。',
  },
  INTERNAL: {
    code: Code.INTERNAL,
    category: 'INTERNAL',
    hint: "Report it with the time of the call; the gateway's log has the cause.",
    hintZh: '请附上调用时间反馈，原因见网关日志。',
  },
} as const satisfies Record<string, RpcErrorRow>;
