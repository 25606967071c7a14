import { status as Code } from '@grpc/grpc-js';

/** The error categories of the proto, without their prefix. */
export type RpcErrorCategory =
  | 'BUSY'
  | 'RATE'
  | 'QUOTA'
  | 'TOKEN'
  | 'PERMISSION'
  | 'STATE'
  | 'CONTENT'
  | 'REQUEST'
  | 'TRANSPORT'
  | 'DEADLINE'
  | 'INTERNAL';

/** The gRPC status code for each category of a failed operation. */
export const CATEGORY_CODES: Record<RpcErrorCategory, Code> = {
  BUSY: Code.UNAVAILABLE,
  TRANSPORT: Code.UNAVAILABLE,
  DEADLINE: Code.UNAVAILABLE,
  RATE: Code.RESOURCE_EXHAUSTED,
  QUOTA: Code.RESOURCE_EXHAUSTED,
  TOKEN: Code.FAILED_PRECONDITION,
  STATE: Code.FAILED_PRECONDITION,
  PERMISSION: Code.PERMISSION_DENIED,
  CONTENT: Code.INVALID_ARGUMENT,
  REQUEST: Code.INVALID_ARGUMENT,
  INTERNAL: Code.INTERNAL,
};

interface RpcErrorRow {
  code: Code;
  category: RpcErrorCategory;
  /** Shortest useful delay before a retry; the error is not retryable if unset. */
  retryAfterMs?: number;
}

/** The gateway's own errors, by `ErrorInfo.reason`. */
export const RPC_ERRORS = {
  INVALID_REQUEST: { code: Code.INVALID_ARGUMENT, category: 'REQUEST' },
  MALFORMED_MESSAGE: { code: Code.INVALID_ARGUMENT, category: 'REQUEST' },
  REQUEST_ID_REUSED: { code: Code.ALREADY_EXISTS, category: 'REQUEST' },
  CALLER_UNKNOWN: { code: Code.UNAUTHENTICATED, category: 'PERMISSION' },
  CREDENTIALS_EXPIRED: { code: Code.UNAUTHENTICATED, category: 'PERMISSION' },
  CREDENTIALS_UNVERIFIABLE: { code: Code.UNAVAILABLE, category: 'TRANSPORT', retryAfterMs: 5000 },
  CALLER_NOT_ALLOWED: { code: Code.PERMISSION_DENIED, category: 'PERMISSION' },
  CALLER_RATE_LIMITED: { code: Code.RESOURCE_EXHAUSTED, category: 'RATE', retryAfterMs: 1000 },
  CALLER_QUOTA_EXCEEDED: { code: Code.RESOURCE_EXHAUSTED, category: 'QUOTA', retryAfterMs: 30_000 },
  NOT_AUTHORIZED: { code: Code.FAILED_PRECONDITION, category: 'TOKEN' },
  PERMISSION_SET_MISSING: { code: Code.PERMISSION_DENIED, category: 'PERMISSION' },
  AUTHORIZER_NOT_FOUND: { code: Code.NOT_FOUND, category: 'REQUEST' },
  AUTHORIZER_EXISTS: { code: Code.ALREADY_EXISTS, category: 'STATE' },
  TOKEN_SOURCE_NOT_COMPONENT: { code: Code.FAILED_PRECONDITION, category: 'STATE' },
  COMPONENT_APPID_UNKNOWN: { code: Code.FAILED_PRECONDITION, category: 'STATE' },
  OPERATION_NOT_FOUND: { code: Code.NOT_FOUND, category: 'REQUEST' },
  OPERATION_NOT_CANCELLABLE: { code: Code.FAILED_PRECONDITION, category: 'STATE' },
  OPERATION_NOT_IN_DOUBT: { code: Code.FAILED_PRECONDITION, category: 'STATE' },
  OPERATION_CANCELLED: { code: Code.ABORTED, category: 'STATE' },
  WAIT_ENDED: { code: Code.DEADLINE_EXCEEDED, category: 'DEADLINE' },
  UPLOAD_TOO_SLOW: { code: Code.DEADLINE_EXCEEDED, category: 'DEADLINE' },
  CALLER_GONE: { code: Code.CANCELLED, category: 'DEADLINE' },
  STORE_UNAVAILABLE: { code: Code.UNAVAILABLE, category: 'TRANSPORT', retryAfterMs: 1000 },
  HISTORY_BEHIND: { code: Code.UNAVAILABLE, category: 'TRANSPORT', retryAfterMs: 60_000 },
  WORKERS_BEHIND: { code: Code.UNAVAILABLE, category: 'TRANSPORT', retryAfterMs: 10_000 },
  STOPPING: { code: Code.UNAVAILABLE, category: 'TRANSPORT', retryAfterMs: 1000 },
  TOO_MANY_REQUESTS: { code: Code.RESOURCE_EXHAUSTED, category: 'RATE', retryAfterMs: 1000 },
  TOO_MANY_WAITING: { code: Code.RESOURCE_EXHAUSTED, category: 'RATE', retryAfterMs: 5000 },
  TOO_MANY_WATCHERS: { code: Code.RESOURCE_EXHAUSTED, category: 'RATE', retryAfterMs: 5000 },
  WATCHER_TOO_SLOW: { code: Code.RESOURCE_EXHAUSTED, category: 'RATE', retryAfterMs: 1000 },
  INTERNAL: { code: Code.INTERNAL, category: 'INTERNAL' },
} as const satisfies Record<string, RpcErrorRow>;

export type RpcErrorReason = keyof typeof RPC_ERRORS;
