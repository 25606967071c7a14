// Rows of the dashboard about what the apps depend on, the apps themselves and their callers.
import { quantile } from './quantile.js';

export const WECHAT = {
  title: '3 WeChat',
  runbooks: 'wechat-unreachable ip-not-allowed quota-exhausted api-paused audit-quota-low',
  panels: [
    ['Latency by API, p50', 's', { '{{api}}': quantile(0.5, 'wxa_wechat_request_duration_seconds', 'api') }],
    ['Latency by API, p99', 's', { '{{api}}': quantile(0.99, 'wxa_wechat_request_duration_seconds', 'api') }],
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
};

export const PLATFORM = {
  title: '6 Platform and authorizations',
  runbooks:
    'ticket-late component-token-expiring authorizations-lost authorization-lost authorizer-sync-stale',
  panels: [
    ['Age of the last ticket', 's', { age: 'time() - max(wxa_component_ticket_timestamp_seconds)' }],
    [
      "Validity of the platform's token",
      's',
      { remaining: 'max(wxa_component_token_expiry_timestamp_seconds) - time()' },
    ],
    ['Mini-programs', 'short', { '{{state}}': 'max by (state) (wxa_authorizers)' }],
    [
      'Sync of authorizers',
      's',
      { 'since the last success': 'time() - max(wxa_authorizer_sync_last_success_timestamp_seconds)' },
    ],
    [
      'Token requests',
      'reqps',
      { '{{kind}} {{result}}': 'sum by (kind, result) (rate(wxa_token_refreshes_total[5m]))' },
    ],
  ],
};

export const KAFKA = {
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
};

export const POSTGRES = {
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
};

export const PROCESSES = {
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
};

export const CALLERS = {
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
};
