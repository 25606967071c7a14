import { STEP_NUMBERS } from '@wxa/rollouts/core';
import { gauge, METRICS } from '@wxa/service';
import type { BacklogCounts, Store } from '@wxa/store';

const EVERY_MS = 10_000;
/** Counting takes at most a twentieth of Postgres's time. */
const PAUSE_FACTOR = 20;
/** After this many failed counts in a row, the last one is out of date. */
const MAX_FAILURES = 3;

const { state: STATES } = METRICS.wxa_operations_unfinished.labels;
const { writer: WRITERS } = METRICS.wxa_outbox_depth.labels;
const { state: AUTHORIZER_STATES } = METRICS.wxa_authorizers.labels;

const unfinished = gauge('wxa_operations_unfinished');
const oldest = gauge('wxa_operations_oldest_timestamp_seconds');
const awaitingResolution = gauge('wxa_operations_awaiting_resolution');
const queuedInDoubt = gauge('wxa_operations_queued_in_doubt');
const outboxDepth = gauge('wxa_outbox_depth');
const outboxOldest = gauge('wxa_outbox_oldest_event_timestamp_seconds');
const quarantined = gauge('wxa_outbox_quarantined_events');
const authorizers = gauge('wxa_authorizers');
const synced = gauge('wxa_authorizer_sync_last_success_timestamp_seconds');
const auditsOpen = gauge('wxa_audits_open');
const auditsOldest = gauge('wxa_audits_open_oldest_timestamp_seconds');
const rollouts = gauge('wxa_rollouts');
const rolloutsPaused = gauge('wxa_rollouts_paused');
const rolloutsDue = gauge('wxa_rollouts_due_oldest_turn_timestamp_seconds');
const rolloutTargets = gauge('wxa_rollout_targets');
const rolloutWakeups = gauge('wxa_rollout_wakeups');
const rolloutCandidates = gauge('wxa_rollout_candidates');
const ticket = gauge('wxa_component_ticket_timestamp_seconds');
const tokenExpiry = gauge('wxa_component_token_expiry_timestamp_seconds');
const quotaRemaining = gauge('wxa_audit_quota_remaining');
const quotaLimit = gauge('wxa_audit_quota_limit');

const ALL = [
  ...[
    unfinished,
    oldest,
    awaitingResolution,
    queuedInDoubt,
    outboxDepth,
    outboxOldest,
    quarantined,
    authorizers,
    synced,
  ],
  ...[auditsOpen, auditsOldest, ticket, tokenExpiry, quotaRemaining, quotaLimit],
  ...[rollouts, rolloutsPaused, rolloutsDue, rolloutTargets, rolloutWakeups, rolloutCandidates],
];

/** Replaces the metrics of the whole deployment. @param counts undefined: this worker does not export them any more. */
function setDeploymentMetrics(counts: BacklogCounts | undefined): void {
  for (const each of ALL) each.clear();
  if (counts === undefined) return;
  setOperations(counts);
  setOutbox(counts);
  for (const state of AUTHORIZER_STATES) {
    const found = counts.authorizers.find((row) => row.state === state);
    authorizers.set({ state }, found?.count ?? 0);
  }
  if (counts.syncedMs !== null) synced.set({}, counts.syncedMs / 1000);
  auditsOpen.set({}, counts.audits.open);
  auditsOldest.set({}, (counts.audits.oldestMs ?? 0) / 1000);
  setRollouts(counts.rollouts);
  const { ticketMs, tokenUntilMs } = counts.component;
  if (ticketMs !== null) ticket.set({}, ticketMs / 1000);
  if (tokenUntilMs !== null) tokenExpiry.set({}, tokenUntilMs / 1000);
  setAuditQuota(counts.auditQuota?.quota ?? {});
}

function setOperations({ operations, ...counts }: BacklogCounts): void {
  for (const state of STATES) {
    const rows = operations.filter((row) => row.state === state);
    for (const isChange of [true, false]) {
      const count = rows.find((row) => row.isChange === isChange)?.count ?? 0;
      unfinished.set({ state, kind: isChange ? 'change' : 'query' }, count);
    }
    const times = rows.map(({ oldestMs }) => oldestMs);
    oldest.set({ state }, times.length === 0 ? 0 : Math.min(...times) / 1000);
  }
  awaitingResolution.set({}, counts.awaitingResolution);
  queuedInDoubt.set({}, counts.queuedInDoubt);
}

function setOutbox({ outbox, quarantined: rejected }: BacklogCounts): void {
  for (const writer of WRITERS) {
    const found = outbox.find((row) => row.writer === writer);
    outboxDepth.set({ writer }, found?.depth ?? 0);
    outboxOldest.set({ writer }, (found?.oldestMs ?? 0) / 1000);
    quarantined.set({ writer }, rejected.find((row) => row.writer === writer)?.count ?? 0);
  }
}

function setRollouts({ live, oldestTurnMs, targets, ...waiting }: BacklogCounts['rollouts']): void {
  const sum = (rows: { count: number }[]) => rows.reduce((all, { count }) => all + count, 0);
  for (const state of METRICS.wxa_rollouts.labels.state)
    rollouts.set({ state }, sum(live.filter((row) => row.state === state)));
  for (const cause of METRICS.wxa_rollouts_paused.labels.cause)
    rolloutsPaused.set({ cause }, sum(live.filter(({ pauseCause }) => pauseCause === cause)));
  const { step: steps, state: states } = METRICS.wxa_rollout_targets.labels;
  for (const step of steps) {
    const rows = targets.filter((row) => row.step === STEP_NUMBERS[step]);
    for (const state of states)
      rolloutTargets.set({ step, state }, sum(rows.filter((row) => row.state === state)));
  }
  rolloutsDue.set({}, (oldestTurnMs ?? 0) / 1000);
  rolloutWakeups.set({}, waiting.wakeups);
  rolloutCandidates.set({}, waiting.candidates);
}

/** WeChat answers 0/0 while it does not know the quota. */
function setAuditQuota({
  rest = 0,
  limit = 0,
  speedupRest = 0,
  speedupLimit = 0,
}: Record<string, number>): void {
  const quotas = [
    { kind: 'audit', rest, limit },
    { kind: 'speedup', rest: speedupRest, limit: speedupLimit },
  ];
  for (const { kind, rest: remaining, limit: all } of quotas) {
    if (all === 0) continue;
    quotaRemaining.set({ kind }, remaining);
    quotaLimit.set({ kind }, all);
  }
}

/** Counts what waits in the whole deployment, for the metrics of the worker that holds the lease `backlog`. */
export class DeploymentCounts {
  #nextAt = Number.NEGATIVE_INFINITY;
  #failures = 0;

  /** @param syncsAreRepeated whether the age of the last sync of authorizers means anything. */
  constructor(
    private readonly store: { backlog: Pick<Store['backlog'], 'count'> },
    private readonly syncsAreRepeated: boolean,
  ) {}

  /** Does nothing if the last count is recent. Rejects if Postgres fails. */
  async count(): Promise<void> {
    const startedAt = performance.now();
    if (startedAt < this.#nextAt) return;
    const counts = await this.store.backlog.count();
    this.#failures = 0;
    this.#nextAt = startedAt + Math.max(EVERY_MS, PAUSE_FACTOR * (performance.now() - startedAt));
    setDeploymentMetrics({ ...counts, syncedMs: this.syncsAreRepeated ? counts.syncedMs : null });
  }

  failed(): void {
    this.#failures += 1;
    if (this.#failures === MAX_FAILURES) this.lost();
  }

  /** The counts are not known to this worker any more, for example because another one counts. */
  lost(): void {
    this.#nextAt = Number.NEGATIVE_INFINITY;
    setDeploymentMetrics(undefined);
  }
}
