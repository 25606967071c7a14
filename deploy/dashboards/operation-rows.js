// Rows of the dashboard about what callers have asked for.
import { quantile } from './quantile.js';

export const ACCEPT = {
  title: '1 Can it accept',
  runbooks: 'gateway-absent grpc-unavailable grpc-internal-errors accept-budget-burning accept-slow',
  panels: [
    [
      'Calls per RPC',
      'reqps',
      { '{{grpc_method}}': 'sum by (grpc_method) (rate(grpc_server_handled_total[5m]))' },
    ],
    [
      'Failed calls by code',
      'reqps',
      { '{{grpc_code}}': 'sum by (grpc_code) (rate(grpc_server_handled_total{grpc_code!="OK"}[5m]))' },
    ],
    [
      'Share of UNAVAILABLE',
      'percentunit',
      {
        UNAVAILABLE:
          'sum(rate(grpc_server_handled_total{grpc_code="Unavailable"}[5m])) / sum(rate(grpc_server_handled_total[5m]))',
      },
    ],
    [
      'Latency per RPC, p99',
      's',
      { '{{grpc_method}}': quantile(0.99, 'grpc_server_handling_seconds', 'grpc_method') },
    ],
    [
      'From request to durable operation',
      's',
      {
        p50: quantile(0.5, 'wxa_accept_duration_seconds'),
        p99: quantile(0.99, 'wxa_accept_duration_seconds'),
      },
    ],
    [
      'Rejected requests by reason',
      'reqps',
      { '{{reason}}': 'sum by (reason) (rate(wxa_requests_rejected_total[5m]))' },
    ],
    ['Postgres writable', 'bool', { '{{instance}}': 'max by (instance) (wxa_postgres_writable)' }],
    [
      'Availability of accepts',
      'percentunit',
      {
        '5 minutes': 'wxa:accept_availability:ratio_rate5m',
        '1 hour': 'wxa:accept_availability:ratio_rate1h',
        '30 days': 'wxa:accept_availability:ratio_rate30d',
      },
    ],
  ],
};

export const FLOW = {
  title: '2 Is work flowing',
  runbooks: 'worker-absent queued-too-long method-failing partitions-unassigned',
  panels: [
    [
      'Accepted and finished',
      'ops',
      {
        'accepted {{method}}': 'sum by (method) (rate(wxa_operations_accepted_total{result="accepted"}[5m]))',
        'finished {{method}}': 'sum by (method) (rate(wxa_operations_finished_total[5m]))',
      },
    ],
    [
      'Failed operations by method',
      'ops',
      { '{{method}}': 'sum by (method) (rate(wxa_operations_finished_total{state="FAILED"}[5m]))' },
    ],
    [
      'Unfinished operations',
      'short',
      { '{{state}} {{kind}}': 'max by (state, kind) (wxa_operations_unfinished)' },
    ],
    [
      'Age of the oldest operation',
      's',
      { '{{state}}': 'time() - min by (state) (wxa_operations_oldest_timestamp_seconds > 0)' },
    ],
    [
      'Start delay of changes, p99',
      's',
      { '{{method}}': quantile(0.99, 'wxa_operation_start_delay_seconds', 'method') },
    ],
    [
      'Duration of operations, p99',
      's',
      { '{{method}}': quantile(0.99, 'wxa_operation_duration_seconds', 'method') },
    ],
    [
      'Consumer lag',
      'short',
      {
        '{{topic}} not committed': 'sum by (topic) (wxa_kafka_consumer_lag_records)',
        '{{topic}} in flight': 'sum by (topic) (wxa_kafka_inflight_records)',
      },
    ],
    [
      'Permits',
      'short',
      {
        'calls in flight': 'sum(wxa_worker_calls_in_flight)',
        permits: 'sum(wxa_worker_permits)',
      },
    ],
    [
      'Lanes',
      'short',
      {
        lanes: 'sum(wxa_lanes)',
        operations: 'sum(wxa_lane_operations)',
        'longest lane': 'max(wxa_lane_max_length)',
      },
    ],
    [
      'Calls that wait for an outcome',
      'short',
      { '{{instance}}': 'sum by (instance) (wxa_pending_queries)' },
    ],
  ],
};

export const RESOLUTION = {
  title: '4 In doubt and awaiting resolution',
  runbooks: 'awaiting-resolution many-awaiting-resolution queued-in-doubt in-doubt-rate-high history-behind',
  panels: [
    [
      'Operations in doubt',
      'short',
      {
        'in doubt': 'sum(max by (state, kind) (wxa_operations_unfinished{state="IN_DOUBT"}))',
        'awaiting resolution': 'max(wxa_operations_awaiting_resolution)',
        'queued, from before a restore': 'max(wxa_operations_queued_in_doubt)',
      },
    ],
    ['Became in doubt', 'ops', { '{{method}}': 'sum by (method) (rate(wxa_operations_in_doubt_total[5m]))' }],
    [
      'Reconciliation reads',
      'ops',
      { '{{method}} {{result}}': 'sum by (method, result) (rate(wxa_reconciliations_total[5m]))' },
    ],
    [
      'Fenced results',
      'ops',
      { '{{instance}}': 'sum by (instance) (rate(wxa_settlements_fenced_total[5m]))' },
    ],
    ['History behind', 'bool', { behind: 'max(wxa_history_behind)' }],
  ],
};

export const AUDITS = {
  title: '5 Audits and callbacks',
  runbooks: 'callbacks-rejected callbacks-missing',
  panels: [
    [
      'Decisions by source',
      'short',
      { '{{result}} {{source}}': 'sum by (result, source) (increase(wxa_audits_decided_total[1h]))' },
    ],
    ['Open audits', 'short', { open: 'max(wxa_audits_open)' }],
    [
      'Age of the oldest open audit',
      's',
      { age: 'time() - max(wxa_audits_open_oldest_timestamp_seconds > 0)' },
    ],
    [
      'Callbacks by result',
      'reqps',
      { '{{event}} {{result}}': 'sum by (event, result) (rate(wxa_callbacks_total[5m]))' },
    ],
    [
      'Rejected callbacks',
      'reqps',
      { '{{reason}}': 'sum by (reason) (rate(wxa_callback_rejections_total[5m]))' },
    ],
    [
      'Duration of callbacks, p99',
      's',
      { '{{event}}': quantile(0.99, 'wxa_callback_duration_seconds', 'event') },
    ],
    [
      'Time since the last genuine callback',
      's',
      { '{{event}}': 'time() - max by (event) (wxa_callback_last_timestamp_seconds)' },
    ],
    [
      'Verified with a previous credential',
      'reqps',
      { '{{kind}}': 'sum by (kind) (rate(wxa_callbacks_previous_credential_total[5m]))' },
    ],
  ],
};

export const ROLLOUTS = {
  title: '11 Rollouts',
  runbooks: 'rollout-paused rollout-stalled rollout-turns-failing',
  panels: [
    [
      'Live rollouts',
      'short',
      {
        '{{state}}': 'max by (state) (wxa_rollouts)',
        'paused, {{cause}}': 'max by (cause) (wxa_rollouts_paused)',
      },
    ],
    [
      'Targets of live rollouts',
      'short',
      { '{{step}} {{state}}': 'max by (step, state) (wxa_rollout_targets) > 0' },
    ],
    [
      'Moves of targets',
      'ops',
      { '{{step}} {{result}}': 'sum by (step, result) (rate(wxa_rollout_moves_total[5m]))' },
    ],
    [
      'Turns',
      'ops',
      {
        committed: 'sum(rate(wxa_rollout_turn_duration_seconds_count[5m]))',
        failed: 'sum(rate(wxa_rollout_turn_failures_total[5m]))',
      },
    ],
    [
      'Duration of turns',
      's',
      {
        p50: quantile(0.5, 'wxa_rollout_turn_duration_seconds'),
        p99: quantile(0.99, 'wxa_rollout_turn_duration_seconds'),
      },
    ],
    ['Wake-ups', 'short', { waiting: 'max(wxa_rollout_wakeups)', candidates: 'max(wxa_rollout_candidates)' }],
    [
      'Time since the last turn of a due rollout',
      's',
      { oldest: 'time() - max(wxa_rollouts_due_oldest_turn_timestamp_seconds > 0)' },
    ],
  ],
};

export const FLEET = {
  title: '12 Inventory and settings',
  runbooks: 'newcomers-waiting platform-domain-missing fleet-observation-old',
  panels: [
    [
      'Mini-programs by live template',
      'short',
      { '{{live_template}}': 'max by (live_template) (wxa_mini_programs)' },
    ],
    [
      'Not live and not ready',
      'short',
      { '{{item}} {{acts}}': 'max by (item, acts) (wxa_mini_programs_not_ready)' },
    ],
    ['Drifted mini-programs', 'short', { drifted: 'max(wxa_mini_programs_drifted)' }],
    [
      'Reads of mini-programs',
      'ops',
      { '{{part}} {{result}}': 'sum by (part, result) (rate(wxa_fleet_reads_total[5m]))' },
    ],
    [
      'Age of the oldest read of versions',
      's',
      { age: 'time() - max(wxa_fleet_oldest_observation_timestamp_seconds)' },
    ],
    [
      'Settings',
      'short',
      {
        'layers, {{scope}}': 'max by (scope) (wxa_settings_layers)',
        'unregistered domains': 'max(wxa_settings_unregistered_domains)',
      },
    ],
  ],
};
