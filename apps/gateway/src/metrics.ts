import { Counter, Gauge, Histogram } from '@prometheus-io/client';

export const accepted = new Counter({
  name: 'wxa_operations_accepted_total',
  help: 'Operations made durable, by method.',
  labelNames: ['method'],
});

export const rejected = new Counter({
  name: 'wxa_requests_rejected_total',
  help: 'Calls rejected by the gateway itself, by method and reason.',
  labelNames: ['method', 'reason'],
});

export const acceptSeconds = new Histogram({
  name: 'wxa_accept_duration_seconds',
  help: 'Time from a valid request to its durable operation, in seconds.',
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
});

export const pendingQueries = new Gauge({
  name: 'wxa_pending_queries',
  help: 'Calls waiting for the outcome of an operation.',
});

export const uploadBytes = new Gauge({
  name: 'wxa_upload_buffer_bytes',
  help: 'Memory held by uploads in progress, in bytes.',
});

export const watchStreams = new Gauge({
  name: 'wxa_watch_streams',
  help: 'Open WatchOperations streams.',
});

export const callbacks = new Counter({
  name: 'wxa_callbacks_total',
  help: 'Genuine callbacks of WeChat, by event and result.',
  labelNames: ['event', 'result'],
});

export const callbackRejections = new Counter({
  name: 'wxa_callback_rejections_total',
  help: 'Rejected callbacks, by reason.',
  labelNames: ['reason'],
});

export const previousCredentials = new Counter({
  name: 'wxa_callbacks_previous_credential_total',
  help: 'Genuine callbacks accepted by a previous secret, by kind: token or aes_key.',
  labelNames: ['kind'],
});
for (const kind of ['token', 'aes_key']) previousCredentials.inc({ kind }, 0);

export const authentications = new Counter({
  name: 'wxa_authentications_total',
  help: 'Authentications of calls, by kind of credential (mtls, jwt, api_key, none) and result (ok, missing, unknown, expired, invalid, unavailable).',
  labelNames: ['kind', 'result'],
});

export const callerCalls = new Counter({
  name: 'wxa_caller_calls_total',
  help: 'Calls by caller and gRPC status.',
  labelNames: ['caller', 'grpc_code'],
});

export const callerLimited = new Counter({
  name: 'wxa_caller_limited_total',
  help: 'Calls rejected by a limit of their caller: rate, unfinished or upload.',
  labelNames: ['caller', 'limit'],
});

export const policyLoadedAt = new Gauge({
  name: 'wxa_policy_loaded_timestamp_seconds',
  help: 'Time at which the policy in force was loaded, in seconds since 1970.',
});

export const policyInvalid = new Gauge({
  name: 'wxa_policy_invalid',
  help: '1 if the policy file on disk was rejected; the previous policy stays in force.',
});

export const certificateExpiry = new Gauge({
  name: 'wxa_tls_certificate_expiry_timestamp_seconds',
  help: 'Expiry of the certificate or of the first CA to expire, in seconds since 1970, by setting.',
  labelNames: ['file'],
});
