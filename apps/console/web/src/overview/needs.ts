import type { Response } from '../api/types.js';
import { isStuck, outboxesOf, ticketOf } from '../platform/health.js';
import { auditQuotaOf } from '../platform/quota.js';
import { isLeftToOperator } from '../rollouts/core/status.js';
import type { KeyAfter } from '../text/translate.js';

type Status = Response<'Platform/GetPlatformStatus'>;
type Rollout = Response<'Rollouts/ListRollouts'>['rollouts'][number];
type Summary = Response<'Fleet/GetFleetSummary'>;

/** Something that somebody should do. */
export interface Need {
  /** A text of each kind exists under `overview.need.`, and the words of its button under `overview.do.`. */
  kind: Kind;
  /** Two needs of a kind differ in it. */
  key: string;
  /** 1: users or all mini-programs are concerned; 3: it can wait. */
  severity: 1 | 2 | 3;
  to: string;
  values: Readonly<Record<string, string | number>>;
}

type Kind = KeyAfter<'overview.need.'>;

/** What was read; what could not be read is undefined. */
export interface Seen {
  status?: Status | undefined;
  rollouts?: readonly Rollout[] | undefined;
  summary?: Summary | undefined;
  now: number;
  /** What a rollout is called, and why it is paused. */
  titleOf(rollout: Rollout): string;
  pauseOf(rollout: Rollout): string[];
}

const NAMED = 2;
const RECENT_MS = 7 * 86_400_000;

/** What needs somebody, the most severe first. */
export function needsOf(seen: Seen): Need[] {
  const needs = [...(seen.status ? ofPlatform(seen.status) : []), ...ofRollouts(seen), ...ofFleet(seen)];
  return needs.toSorted((one, other) => one.severity - other.severity);
}

function need(
  kind: Kind,
  severity: Need['severity'],
  to: string,
  values: Need['values'] = {},
  key: string = kind,
): Need {
  return { kind, key, severity, to, values };
}

function ofPlatform(status: Status): Need[] {
  const stopped = status.apis.filter(({ stop }) => stop !== undefined);
  const waiting = stopped.reduce((sum, { waitingOperations }) => sum + waitingOperations, 0);
  const { rest = 0, limit = 0 } = auditQuotaOf(status)?.quota ?? {};
  const ticket = ticketOf(status);
  const invalid = status.authorizers?.needsAuthorization ?? 0;
  const { operationsToResolve: doubts, delayedAudits } = status;
  const names = namesOf(stopped.map(({ api }) => api));
  return [
    stopped.length > 0 && need('apisStopped', 1, '/platform', { ...names, waiting }),
    doubts > 0 && need('doubts', 1, '/doubts', { n: doubts }),
    limit > 0 && rest === 0 && need('quotaUsed', 1, '/platform', { limit }),
    ticket?.isLate && need('ticketLate', 1, '/platform', { n: Math.floor(ticket.seconds / 60) }),
    status.workers.length === 0 && need('workers', 1, '/platform'),
    outboxesOf(status).some(isStuck) && need('outbox', 1, '/platform'),
    invalid > 0 && need('tokens', 2, '/mini-programs?state=NEEDS_AUTHORIZATION', { n: invalid }),
    delayedAudits > 0 && need('delayed', 3, '/audits?delayed=1', { n: delayedAudits }),
  ].filter((one) => typeof one === 'object');
}

/** A few names, and how many there are. */
function namesOf(names: readonly string[]) {
  return {
    names: names.slice(0, NAMED).join(' '),
    n: names.length,
    more: Math.max(0, names.length - NAMED),
  };
}

function ofRollouts({ rollouts = [], now, titleOf, pauseOf }: Seen): Need[] {
  return rollouts.flatMap((rollout) => {
    const { id, state, pauseCause, holds, counts, endTime } = rollout;
    const name = titleOf(rollout);
    const of = (kind: Kind, severity: Need['severity'], values: Need['values'] = {}) => [
      need(kind, severity, `/rollouts/${id}`, { name, ...values }, `${kind} ${id} ${endTime ?? ''}`),
    ];
    const isRequested = pauseCause === 'ROLLOUT_PAUSE_CAUSE_REQUESTED';
    if (state === 'ROLLOUT_STATE_PAUSED')
      return of('paused', isRequested ? 3 : 1, { detail: pauseOf(rollout).join(' · ') });
    const failed = counts.reduce((sum, one) => sum + (one.state === FAILED ? one.count : 0), 0);
    if (state === 'ROLLOUT_STATE_COMPLETED')
      return failed > 0 && now - Date.parse(endTime ?? '') < RECENT_MS ? of('failed', 2, { n: failed }) : [];
    const gate = holds.find(isLeftToOperator);
    const hold = holds.find(({ cause }) => cause !== 'CAUSE_GATE');
    return [
      ...(gate === undefined ? [] : of('gate', 2, { n: gate.targets })),
      ...(hold === undefined ? [] : of('held', 2, { cause: hold.cause, n: hold.targets })),
    ];
  });
}

const FAILED = 'ROLLOUT_TARGET_STATE_FAILED';

function ofFleet({ summary }: Seen): Need[] {
  const ours = (summary?.notReady ?? []).filter(({ acts }) => acts === 'PARTY_PLATFORM');
  const n = Math.max(0, ...ours.map(({ count }) => Number(count)));
  return n > 0 ? [need('newcomers', 2, '/mini-programs/not-live?acts=PLATFORM', { n })] : [];
}
