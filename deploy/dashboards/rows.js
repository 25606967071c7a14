// What the dashboard shows: rows in the order of looking (docs/runbooks.md), with the runbooks that belong to them.
// A panel is [title, unit, { legend: expression }]. The generator adds the job to each expression.

const quantile = (q, metric, by = '') =>
  `histogram_quantile(${q}, sum by (le${by && `, ${by}`}) (rate(${metric}_bucket[5m])))`;

export const ROWS = [
  {
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
  },
  {
    title: '2 Is work flowing',
    runbooks: 'worker-absent queued-too-long method-failing partitions-unassigned',
    panels: [
      [
        'Accepted and finished',
        'ops',
        {
          'accepted {{method}}':
            'sum by (method) (rate(wxa_operations_accepted_total{result="accepted"}[5m]))',
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
        'Slots',
        'short',
        {
          'calls in flight': 'sum(wxa_worker_calls_in_flight)',
          slots: 'sum(wxa_worker_call_slots)',
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
  },
  {
    title: '3 WeChat',
    runbooks: 'wechat-unreachable ip-not-allowed quota-exhausted api-paused audit-quota-low',
    panels: [
      [
        'Latency by API, p50',
        's',
        { '{{api}}': quantile(0.5, 'wxa_wechat_request_duration_seconds', 'api') },
      ],
      [
        'Latency by API, p99',
        's',
        { '{{api}}': quantile(0.99, 'wxa_wechat_request_duration_seconds', 'api') },
      ],
      [
        'Calls by result',
        'reqps',
        { '{{result}}': 'sum by (result) (rate(wxa_wechat_request_duration_seconds_count[5m]))' },
      ],
      [
        'Refusals by errcode',
        'reqps',
        { '{{api}} {{errcode}}': 'topk(10, sum by (api, errcode) (rate(wxa_wechat_refusals_total[5m])))' },
      ],
      [
        'Circuit breaker',
        'bool',
        {
          '{{instance}} open': 'max by (instance) (wxa_circuit_breaker_open)',
          'probes in 5 min': 'sum(increase(wxa_circuit_breaker_probes_total[5m]))',
        },
      ],
      ['Rate limits', 'reqps', { '{{api}} limit': 'max by (api) (wxa_rate_limit_per_second)' }],
      [
        'Lanes that wait for a rate limit',
        'short',
        { '{{api}} {{limit}}': 'sum by (api, limit) (wxa_rate_limit_waiting)' },
      ],
      ['Retries', 'ops', { '{{result}}': 'sum by (result) (rate(wxa_retries_total[5m]))' }],
      [
        'Stopped APIs',
        'bool',
        {
          '{{api}} quota exhausted': 'max by (api) (wxa_quota_exhausted)',
          '{{api}} paused': 'max by (api) (wxa_api_paused)',
        },
      ],
      [
        "This month's quota",
        'short',
        {
          '{{kind}} remaining': 'min by (kind) (wxa_audit_quota_remaining)',
          '{{kind}} limit': 'max by (kind) (wxa_audit_quota_limit)',
        },
      ],
    ],
  },
  {
    title: '4 In doubt and awaiting resolution',
    runbooks:
      'awaiting-resolution many-awaiting-resolution queued-in-doubt in-doubt-rate-high history-behind',
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
      [
        'Became in doubt',
        'ops',
        { '{{method}}': 'sum by (method) (rate(wxa_operations_in_doubt_total[5m]))' },
      ],
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
  },
  {
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
  },
  {
    title: '6 Platform and authorizations',
    runbooks: 'ticket-late component-token-expiring authorizations-lost authorization-lost',
    panels: [
      ['Age of the last ticket', 's', { age: 'time() - max(wxa_component_ticket_timestamp_seconds)' }],
      [
        "Validity of the platform's token",
        's',
        { remaining: 'max(wxa_component_token_expiry_timestamp_seconds) - time()' },
      ],
      ['Mini-programs', 'short', { '{{state}}': 'max by (state) (wxa_authorizers)' }],
      [
        'Token requests',
        'reqps',
        { '{{kind}} {{result}}': 'sum by (kind, result) (rate(wxa_token_refreshes_total[5m]))' },
      ],
    ],
  },
  {
    title: '7 Outbox and Kafka',
    runbooks: 'outbox-stuck events-quarantined consumer-stuck partitions-unassigned dead-letters',
    panels: [
      ['Waiting events', 'short', { '{{writer}}': 'max by (writer) (wxa_outbox_depth)' }],
      [
        'Age of the oldest event',
        's',
        { '{{writer}}': 'time() - min by (writer) (wxa_outbox_oldest_event_timestamp_seconds > 0)' },
      ],
      ['Published events', 'ops', { '{{topic}}': 'sum by (topic) (rate(wxa_outbox_published_total[5m]))' }],
      ['Publishing, p99', 's', { '{{job}}': quantile(0.99, 'wxa_outbox_publish_duration_seconds', 'job') }],
      ['Active relays', 'short', { '{{job}}': 'sum by (job) (wxa_outbox_relay_active)' }],
      ['Quarantined events', 'short', { '{{writer}}': 'max by (writer) (wxa_outbox_quarantined_events)' }],
      [
        'Partitions',
        'short',
        {
          '{{instance}} assigned': 'sum by (instance) (wxa_kafka_assigned_partitions{topic="commands"})',
          total: 'max(wxa_kafka_topic_partitions{topic="commands"})',
          '{{instance}} paused': 'sum by (instance) (wxa_kafka_paused_partitions{topic="commands"})',
        },
      ],
      ['Rebalances', 'short', { '{{topic}}': 'sum by (topic) (increase(wxa_kafka_rebalances_total[5m]))' }],
      [
        'Time since the last fetch and commit',
        's',
        {
          '{{instance}} {{topic}} fetch': 'time() - wxa_kafka_last_fetch_timestamp_seconds',
          '{{instance}} {{topic}} commit': 'time() - wxa_kafka_last_commit_timestamp_seconds',
        },
      ],
      [
        'Errors of kafkajs',
        'ops',
        { '{{component}}': 'sum by (component) (rate(wxa_kafka_errors_total[5m]))' },
      ],
      ['Dead letters', 'short', { '{{reason}}': 'sum by (reason) (increase(wxa_dead_letters_total[1h]))' }],
    ],
  },
  {
    title: '8 Postgres',
    runbooks: 'postgres-not-writable pool-exhausted clock-skew retention-stopped',
    panels: [
      [
        'Statements, p99',
        's',
        { '{{statement}}': quantile(0.99, 'wxa_postgres_statement_duration_seconds', 'statement') },
      ],
      [
        'Failed statements',
        'ops',
        { '{{statement}} {{kind}}': 'sum by (statement, kind) (rate(wxa_postgres_errors_total[5m]))' },
      ],
      ['Items per batch, p50', 'short', { '{{batch}}': quantile(0.5, 'wxa_postgres_batch_size', 'batch') }],
      [
        'Items waiting for a batch',
        'short',
        { '{{instance}} {{batch}}': 'sum by (instance, batch) (wxa_postgres_batch_queue_length)' },
      ],
      [
        'Connections',
        'short',
        { '{{pool}} {{state}}': 'sum by (pool, state) (wxa_postgres_pool_connections)' },
      ],
      ['Clock skew', 's', { '{{instance}}': 'max by (instance) (wxa_postgres_clock_skew_seconds)' }],
      ['Timeline', 'short', { '{{instance}}': 'max by (instance) (wxa_postgres_timeline)' }],
      [
        'Retention',
        's',
        { 'since the last success': 'time() - max(wxa_retention_last_success_timestamp_seconds)' },
      ],
      ['Deleted rows', 'ops', { '{{table}}': 'sum by (table) (rate(wxa_retention_deleted_total[5m]))' }],
    ],
  },
  {
    title: '9 Processes',
    runbooks: 'restarting event-loop-lag memory-high certificate-expiring insecure-setting',
    panels: [
      ['Up', 'short', { '{{job}}': 'sum by (job) (up)' }],
      ['Versions', 'short', { '{{job}} {{version}}': 'sum by (job, version) (wxa_build_info)' }],
      ['CPU', 'percentunit', { '{{instance}}': 'rate(process_cpu_seconds_total[5m])' }],
      ['Memory', 'bytes', { '{{instance}}': 'process_resident_memory_bytes' }],
      ['Event loop lag, p99', 's', { '{{instance}}': 'nodejs_eventloop_lag_p99_seconds' }],
      ['Starts in 15 minutes', 'short', { '{{instance}}': 'changes(process_start_time_seconds[15m])' }],
      [
        'Validity of certificates',
        's',
        { '{{file}}': 'min by (file) (wxa_tls_certificate_expiry_timestamp_seconds) - time()' },
      ],
      ['Insecure settings', 'bool', { '{{setting}}': 'max by (setting) (wxa_insecure_setting)' }],
      ['Memory of uploads', 'bytes', { '{{instance}}': 'sum by (instance) (wxa_upload_buffer_bytes)' }],
    ],
  },
  {
    title: '10 Callers',
    runbooks: 'policy-invalid authentication-failures',
    panels: [
      ['Calls by caller', 'reqps', { '{{caller}}': 'sum by (caller) (rate(wxa_caller_calls_total[5m]))' }],
      [
        'Failed calls by caller',
        'reqps',
        {
          '{{caller}} {{grpc_code}}':
            'sum by (caller, grpc_code) (rate(wxa_caller_calls_total{grpc_code!="OK"}[5m]))',
        },
      ],
      [
        'Calls rejected by a limit of the caller',
        'reqps',
        { '{{caller}} {{limit}}': 'sum by (caller, limit) (rate(wxa_caller_limited_total[5m]))' },
      ],
      [
        'Failed authentications',
        'reqps',
        {
          '{{kind}} {{result}}': 'sum by (kind, result) (rate(wxa_authentications_total{result!="ok"}[5m]))',
        },
      ],
      ['Watch streams', 'short', { '{{instance}}': 'sum by (instance) (wxa_watch_streams)' }],
      [
        'Policy',
        'dateTimeAsIso',
        { '{{instance}} loaded': 'max by (instance) (wxa_policy_loaded_timestamp_seconds) * 1000' },
      ],
      ['Invalid policy', 'bool', { '{{instance}}': 'max by (instance) (wxa_policy_invalid)' }],
    ],
  },
  {
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
      ['Wake-ups', 'short', { waiting: 'max(wxa_rollout_wakeups)' }],
      [
        'Time since the last turn of a due rollout',
        's',
        { oldest: 'time() - max(wxa_rollouts_due_oldest_turn_timestamp_seconds > 0)' },
      ],
    ],
  },
];
