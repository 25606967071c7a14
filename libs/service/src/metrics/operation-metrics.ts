import {
  type Definitions,
  FAST,
  KINDS,
  LONG,
  METHOD,
  OPERATION_STATES,
  ROLLOUT_STEPS,
} from './definition.js';

const READINESS_ITEMS = [
  'authorization',
  'account',
  'profile',
  'category',
  'filing',
  'domains',
  'ext_values',
  'privacy_guide',
  'privacy_interfaces',
] as const;

/** Operations, audits, rollouts, the inventory and the work of a worker. */
export const OPERATION_METRICS = {
  wxa_operations_unfinished: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: unfinished operations.',
    labels: { state: OPERATION_STATES, kind: KINDS },
  },
  wxa_operations_oldest_timestamp_seconds: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: acceptance of the oldest unfinished operation, in seconds since 1970; 0 if there is none.',
    labels: { state: OPERATION_STATES },
  },
  wxa_operations_awaiting_resolution: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: operations in doubt that are not reconciled any more and need ResolveOperation.',
  },
  wxa_operations_queued_in_doubt: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: queued operations that may have been executed under another id before wxa restore.',
  },
  wxa_operations_finished_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Operations whose end this process committed, each operation once.',
    labels: { method: METHOD, kind: KINDS, state: ['SUCCEEDED', 'FAILED', 'CANCELLED'] },
  },
  wxa_operations_in_doubt_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Operations that became IN_DOUBT.',
    labels: { method: METHOD },
  },
  wxa_operation_duration_seconds: {
    kind: 'histogram',
    scope: 'P',
    help: 'Time from acceptance to the end of an operation, in seconds.',
    labels: { method: METHOD },
    buckets: LONG,
  },
  wxa_operation_start_delay_seconds: {
    kind: 'histogram',
    scope: 'P',
    help: 'Time from acceptance to the first claim of an operation, in seconds.',
    labels: { method: METHOD },
    buckets: LONG,
  },
  wxa_reconciliations_total: {
    kind: 'counter',
    scope: 'P',
    help: "Reconciliation reads. done: executed; not_done: a negative read; unclear: WeChat's state does not show the effect.",
    labels: { method: METHOD, result: ['done', 'not_done', 'unclear', 'unanswered'] },
  },
  wxa_retries_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Requests to the retry budget.',
    labels: { result: ['granted', 'throttled'] },
  },
  wxa_settlements_fenced_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Results rejected because another claim or a manual resolution holds the operation.',
  },
  wxa_worker_calls_in_flight: { kind: 'gauge', scope: 'P', help: 'WeChat calls under way for operations.' },
  wxa_worker_permits: { kind: 'gauge', scope: 'P', help: 'Calls that it may have under way.' },
  wxa_lanes: { kind: 'gauge', scope: 'P', help: 'Mini-programs with work in this worker.' },
  wxa_lane_operations: { kind: 'gauge', scope: 'P', help: 'Operations in the lanes of this worker.' },
  wxa_lane_max_length: { kind: 'gauge', scope: 'P', help: 'Operations in the longest lane of this worker.' },
  wxa_audits_decided_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Decided audits; a rising share of POLL means lost callbacks.',
    labels: { result: ['APPROVED', 'REJECTED', 'WITHDRAWN'], source: ['CALLBACK', 'POLL', 'OPERATION'] },
  },
  wxa_audits_open: { kind: 'gauge', scope: 'D◦', help: 'Deployment-wide: undecided audits.' },
  wxa_audits_open_oldest_timestamp_seconds: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: submission of the oldest undecided audit, in seconds since 1970; 0 if there is none.',
  },
  wxa_audit_quota_remaining: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: remaining quota by the last answer of GetAuditQuota; absent while unknown.',
    labels: { kind: ['audit', 'speedup'] },
  },
  wxa_audit_quota_limit: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: monthly quota by the last answer of GetAuditQuota; absent while unknown.',
    labels: { kind: ['audit', 'speedup'] },
  },
  wxa_rollouts: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: live rollouts.',
    labels: { state: ['RUNNING', 'PAUSED', 'CANCELLING'] },
  },
  wxa_rollouts_paused: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: paused rollouts by cause.',
    labels: { cause: ['REQUESTED', 'STOP_RULE', 'PLATFORM', 'POLICY'] },
  },
  wxa_rollouts_due_oldest_turn_timestamp_seconds: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: last turn of the live rollout that is due for a turn and has waited longest, in seconds since 1970; 0 if none is due.',
  },
  wxa_rollout_targets: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: targets of live rollouts.',
    labels: {
      step: ROLLOUT_STEPS,
      state: [
        ...(['PENDING', 'RUNNING', 'WAITING', 'IN_DOUBT'] as const),
        ...(['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'] as const),
      ],
    },
  },
  wxa_rollout_wakeups: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: wake-ups of rollouts that no turn has read, at most 100,001.',
  },
  wxa_rollout_candidates: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: mini-programs that wait to become targets of a RUNNING rollout, at most 100,001.',
  },
  wxa_rollout_turn_duration_seconds: {
    kind: 'histogram',
    scope: 'P',
    help: 'Duration of the committed turns of rollouts, in seconds.',
    buckets: FAST,
  },
  wxa_rollout_turn_failures_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Turns of rollouts that failed and changed nothing.',
  },
  wxa_rollout_moves_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Moves of targets, by the step before: it passed or failed, else the state after the move.',
    labels: {
      step: ROLLOUT_STEPS,
      result: [
        ...['passed', 'failed', 'pending', 'running', 'waiting', 'in_doubt'],
        ...['succeeded', 'skipped', 'cancelled'],
      ],
    },
  },
  wxa_authorizers: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: mini-programs by authorization state.',
    labels: { state: ['AUTHORIZED', 'NEEDS_AUTHORIZATION', 'UNAUTHORIZED'] },
  },
  wxa_authorizer_sync_last_success_timestamp_seconds: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: end of the last successful sync of authorizers, in seconds since 1970. Absent if there is none, or with `AUTHORIZER_SYNC_INTERVAL_MS` 0.',
  },
  wxa_mini_programs: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: mini-programs by the template of their live version: the 20 most frequent ones; unknown: no commit is known; none: no live version.',
    labels: { live_template: 'id of the template, or other, unknown, none' },
  },
  wxa_mini_programs_not_ready: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: mini-programs without a live version whose item is missing or pending, by who has to act.',
    labels: { item: READINESS_ITEMS, acts: ['owner', 'platform', 'wechat', 'service'] },
  },
  wxa_mini_programs_drifted: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: mini-programs whose live domains or privacy guide differ from their effective settings.',
  },
  wxa_fleet_oldest_observation_timestamp_seconds: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: oldest last read of the versions of an authorized mini-program, or its first contact, in seconds since 1970.',
  },
  wxa_fleet_reads_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Parts of mini-programs that were read from WeChat, or could not be.',
    labels: {
      part: ['account', 'category', 'filing', 'interfaces', 'versions', 'domains', 'guide'],
      result: ['ok', 'failed'],
    },
  },
  wxa_settings_layers: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: layers of settings by what they are for. Only with token source component.',
    labels: { scope: ['platform', 'label', 'appid'] },
  },
  wxa_settings_unregistered_domains: {
    kind: 'gauge',
    scope: 'D◦',
    help: 'Deployment-wide: domains that layers of settings name and the platform has not registered, by the last read of its lists. Only with token source component.',
  },
  wxa_dead_letters_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Records published to the dead-letter topic, by reason.',
    labels: {
      reason: [
        ...['NOT_A_COMMAND', 'INVALID_OPERATION_ID', 'KEY_IS_NOT_APPID', 'UNKNOWN_METHOD'],
        ...['REQUEST_OF_ANOTHER_METHOD', 'UNKNOWN_OPERATION'],
      ],
    },
  },
  wxa_retention_deleted_total: {
    kind: 'counter',
    scope: 'P',
    help: 'Rows that retention deleted, by table.',
    labels: { table: 'table of the schema' },
  },
  wxa_retention_last_success_timestamp_seconds: {
    kind: 'gauge',
    scope: 'D',
    help: 'Deployment-wide: since when no table has had rows older than their retention, in seconds since 1970. Exported by the holder of the lease `retention`.',
  },
} as const satisfies Definitions;
