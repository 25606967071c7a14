import { API_LABEL, type Definitions, WECHAT } from './definition.js';

/** WeChat's APIs: calls, limits and tokens. */
export const WECHAT_METRICS = {
  wxa_wechat_request_duration_seconds: {
    kind: 'histogram',
    scope: 'P',
    help: 'Time of one HTTP exchange with WeChat, in seconds, reads, probes and tokens included. refused: answered with an errcode that is no other result; ambiguous: the response was lost.',
    labels: {
      api: API_LABEL,
      result: ['ok', 'refused', 'busy', 'rate_limited', 'token_rejected', 'unreachable', 'ambiguous'],
    },
    buckets: WECHAT,
  },
  wxa_wechat_refusals_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Answers with an errcode other than 0.',
    labels: { api: API_LABEL, errcode: 'codes of [errors.md](errors.md#wechats-codes), else `other`' },
  },
  wxa_circuit_breaker_open: {
    kind: 'gauge',
    scope: 'P',
    help: '1 while WeChat is unreachable and only probes are sent.',
  },
  wxa_circuit_breaker_probes_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Half-open probes of the circuit breaker.',
  },
  wxa_rate_limit_per_second: {
    kind: 'gauge',
    scope: 'D',
    help: 'Deployment-wide: platform-wide limit of an API in calls per second, configured or learned; absent if it has none.',
    labels: { api: API_LABEL },
  },
  wxa_rate_limit_waiting: {
    kind: 'gauge',
    scope: 'P',
    help: 'Lanes that have waited more than 1 s for a rate limit of an API: the platform-wide one, or that of their mini-program.',
    labels: { api: API_LABEL, limit: ['platform', 'mini_program'] },
  },
  wxa_quota_exhausted: {
    kind: 'gauge',
    scope: 'D',
    help: "Deployment-wide: 1 while WeChat's quota stops an API and its operations wait.",
    labels: { api: API_LABEL },
  },
  wxa_api_paused: {
    kind: 'gauge',
    scope: 'D',
    help: 'Deployment-wide: 1 while an operator has stopped an API and its operations wait.',
    labels: { api: API_LABEL },
  },
  wxa_component_ticket_timestamp_seconds: {
    kind: 'gauge',
    scope: 'D◦',
    help: "Deployment-wide: when WeChat sent the platform's last ticket, in seconds since 1970.",
  },
  wxa_component_token_expiry_timestamp_seconds: {
    kind: 'gauge',
    scope: 'D◦',
    help: "Deployment-wide: end of the platform's access token, in seconds since 1970.",
  },
  wxa_token_refreshes_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Requests to WeChat for tokens.',
    labels: { kind: ['component', 'authorizer', 'code'], result: ['ok', 'refused', 'unanswered'] },
  },
  wxa_tokens_rejected_early_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Tokens that WeChat rejected before their time although this service had not renewed them: another program may.',
    labels: { kind: ['component', 'authorizer'] },
  },
} as const satisfies Definitions;
