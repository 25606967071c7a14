import { counter, gauge, histogram, METRICS } from '@wxa/service';

/** The name of all readers of tokens that are not known; no caller of a policy can have it. */
export const UNKNOWN_READER = '(unknown)';

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
const PLATFORM_EVENTS = METRICS.wxa_platform_events_total.labels;
export const platformEvents = counter(
  'wxa_platform_events_total',
  PLATFORM_EVENTS.kind.flatMap((kind) => PLATFORM_EVENTS.result.map((result) => ({ kind, result }))),
);
/** Its series begin at 0 when the rules are loaded. */
export const forwards = counter('wxa_callback_forwards_total', []);
export const forwardResults = METRICS.wxa_callback_forwards_total.labels.result;
export const forwardSeconds = histogram('wxa_callback_forward_duration_seconds');
export const forwardFileInvalid = gauge('wxa_callback_forward_file_invalid');
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
/** The callers of the policy are not known here. */
export const tokenReads = counter(
  'wxa_token_service_requests_total',
  METRICS.wxa_token_service_requests_total.labels.result.map((result) => ({
    caller: UNKNOWN_READER,
    result,
  })),
);
export const tokenWaitSeconds = histogram('wxa_token_service_wait_seconds');
export const policyLoadedAt = gauge('wxa_policy_loaded_timestamp_seconds');
export const policyInvalid = gauge('wxa_policy_invalid');
