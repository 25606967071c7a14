import { type Definitions, FAST, GRPC_CODES, METHOD } from './definition.js';

const CALL = {
  grpc_type: ['unary', 'client_stream', 'server_stream', 'bidi_stream'],
  grpc_service: 'full name of the service',
  grpc_method: 'RPC',
} as const;
const EVENTS = [
  'weapp_audit_success',
  'weapp_audit_fail',
  'weapp_audit_delay',
  'component_verify_ticket',
  'authorized',
  'updateauthorized',
  'unauthorized',
  'notify_third_fasteregister',
  'wxa_privacy_apply',
  'wxa_category_audit',
  'wxa_nickname_audit',
  'notify_apply_icpfiling_result',
  'other',
] as const;

/** gRPC calls, callers and WeChat's callbacks. */
export const GATEWAY_METRICS = {
  grpc_server_started_total: { kind: 'counter', scope: 'P', help: 'Calls that began.', labels: CALL },
  grpc_server_handled_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Calls that ended, rejected ones included, by status.',
    labels: { ...CALL, grpc_code: GRPC_CODES },
  },
  grpc_server_handling_seconds: {
    kind: 'histogram',
    scope: 'P',
    help: 'Duration of calls, in seconds; that of queries includes the wait for WeChat.',
    labels: CALL,
    buckets: FAST,
  },
  wxa_caller_calls_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Calls, by caller and status.',
    labels: { caller: 'name in the policy file, or `none` without a policy', grpc_code: GRPC_CODES },
  },
  wxa_caller_limited_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Calls rejected by a limit of their caller.',
    labels: {
      caller: 'name in the policy file',
      limit: [
        'rate',
        'unfinished',
        'upload',
        'auditsPerMonth',
        'speedUpsPerMonth',
        'liveRollouts',
        'drafts',
        'targets',
        'streams',
        'waiting',
        'reflection',
      ],
    },
  },
  wxa_authentications_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Authentications of calls, by kind of credential and result.',
    labels: {
      kind: ['mtls', 'jwt', 'api_key', 'none'],
      result: ['ok', 'missing', 'unknown', 'expired', 'invalid', 'unavailable'],
    },
  },
  wxa_operations_accepted_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Operations made durable, and repeats of a request_id.',
    labels: { method: METHOD, result: ['accepted', 'repeated'] },
  },
  wxa_requests_rejected_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Calls that the gateway itself rejected; failed operations are not counted.',
    labels: { method: METHOD, reason: 'reasons of [errors.md](errors.md#errors-of-the-gateway)' },
  },
  wxa_accept_duration_seconds: {
    kind: 'histogram',
    scope: 'P',
    help: 'Time from a valid request to its durable operation, in seconds.',
    buckets: FAST,
  },
  wxa_pending_queries: {
    kind: 'gauge',
    scope: 'P',
    help: 'Calls that wait for an outcome, at most GRPC_MAX_PENDING_QUERIES.',
  },
  wxa_watch_streams: {
    kind: 'gauge',
    scope: 'P',
    help: 'Open WatchOperations and WatchRollout streams, at most GRPC_MAX_WATCH_STREAMS.',
  },
  wxa_upload_buffer_bytes: {
    kind: 'gauge',
    scope: 'P',
    help: 'Memory held by uploads, in bytes, at most 64 MiB.',
  },
  wxa_callbacks_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Genuine callbacks of WeChat. deferred: until its SubmitAudit has settled or the server is verified; unmatched: an audit made elsewhere; stored: tickets, authorizations, platform events; busy, failed: WeChat redelivers it.',
    labels: {
      event: EVENTS,
      result: ['matched', 'deferred', 'unmatched', 'stored', 'duplicate', 'ignored', 'busy', 'failed'],
    },
  },
  wxa_callback_rejections_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Rejected callbacks. signature, decryption: token or key differ from those at WeChat; stale: a clock is off by five minutes; replayed: a copy at the URL of another mini-program.',
    labels: {
      reason: [
        ...['method', 'body', 'appid', 'unsigned', 'stale', 'xml', 'signature', 'decryption'],
        ...['receiver', 'push', 'replayed'],
      ],
    },
  },
  wxa_callback_duration_seconds: {
    kind: 'histogram',
    scope: 'P',
    help: 'Time from the first byte of a genuine callback to its answer, in seconds.',
    labels: { event: EVENTS },
    buckets: FAST,
  },
  wxa_callback_last_timestamp_seconds: {
    kind: 'gauge',
    scope: 'P',
    help: 'Time of the last genuine callback, in seconds since 1970.',
    labels: { event: EVENTS },
  },
  wxa_platform_events_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Callbacks that are platform events. published: written to the outbox; failed, full: WeChat redelivers it, full because PLATFORM_EVENTS_MAX_WAITING events wait.',
    labels: {
      kind: ['message', 'event', 'authorization'],
      result: ['published', 'duplicate', 'failed', 'full'],
    },
  },
  wxa_callback_forwards_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Forwarded callbacks, by rule and answer. reply: passed on; failed: refused, or another answer; busy: not sent, because maxInFlight others were under way.',
    labels: {
      forward: 'name in the forward file',
      result: ['success', 'reply', 'failed', 'timeout', 'busy'],
    },
  },
  wxa_callback_forward_duration_seconds: {
    kind: 'histogram',
    scope: 'P',
    help: 'Duration of forwards, in seconds.',
    labels: { forward: 'name in the forward file' },
    buckets: FAST,
  },
  wxa_callback_forward_file_invalid: {
    kind: 'gauge',
    scope: 'P',
    help: '1 if the forward file on disk was rejected; the previous rules stay in force.',
  },
  wxa_callbacks_previous_credential_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Genuine callbacks that only a previous secret verified.',
    labels: { kind: ['token', 'aes_key'] },
  },
  wxa_token_service_requests_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Requests to the token service. unauthorized: the mini-program has no valid authorization.',
    labels: {
      caller: 'name in the policy file, or `(unknown)`',
      result: ['ok', 'unknown', 'denied', 'invalid', 'unauthorized', 'limited', 'unavailable'],
    },
  },
  wxa_token_service_wait_seconds: {
    kind: 'histogram',
    scope: 'P',
    help: 'Wait of readers for the renewal of a token, in seconds, at most 4.',
    buckets: FAST,
  },
  wxa_policy_loaded_timestamp_seconds: {
    kind: 'gauge',
    scope: 'P',
    help: 'Time at which the policy in force was loaded, in seconds since 1970.',
  },
  wxa_policy_invalid: {
    kind: 'gauge',
    scope: 'P',
    help: '1 if the policy file on disk was rejected; the previous policy stays in force.',
  },
} as const satisfies Definitions;
