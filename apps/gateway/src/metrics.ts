import { counter, gauge, histogram, METRICS } from '@wxa/service';

export const accepted = counter('wxa_operations_accepted_total');
export const rejected = counter('wxa_requests_rejected_total');
export const acceptSeconds = histogram('wxa_accept_duration_seconds');
export const pendingQueries = gauge('wxa_pending_queries', 0);
export const uploadBytes = gauge('wxa_upload_buffer_bytes', 0);
export const watchStreams = gauge('wxa_watch_streams', 0);
const CALLBACKS = METRICS.wxa_callbacks_total.labels;
export const callbacks = counter(
  'wxa_callbacks_total',
  CALLBACKS.event.flatMap((event) => CALLBACKS.result.map((result) => ({ event, result }))),
);
export const callbackRejections = counter('wxa_callback_rejections_total', [
  { reason: 'signature' },
  { reason: 'decryption' },
]);
export const callbackSeconds = histogram('wxa_callback_duration_seconds');
export const lastCallbackAt = gauge('wxa_callback_last_timestamp_seconds');
export const previousCredentials = counter('wxa_callbacks_previous_credential_total', [
  { kind: 'token' },
  { kind: 'aes_key' },
]);
const AUTHENTICATIONS = METRICS.wxa_authentications_total.labels;
export const authentications = counter(
  'wxa_authentications_total',
  AUTHENTICATIONS.kind.flatMap((kind) => AUTHENTICATIONS.result.map((result) => ({ kind, result }))),
);
export const callerCalls = counter('wxa_caller_calls_total');
export const callerLimited = counter('wxa_caller_limited_total');
export const policyLoadedAt = gauge('wxa_policy_loaded_timestamp_seconds');
export const policyInvalid = gauge('wxa_policy_invalid');
