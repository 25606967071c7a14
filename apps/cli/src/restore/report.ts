import type { ChangedRollout, Stopped, StrayOperation } from '@wxa/restore';
import { oneLine } from '../output/printable.js';

/** What a restore did, in operations; `audits`: opened or ended. */
export interface Counts {
  inserted: number;
  finished: number;
  inDoubt: number;
  requeued: number;
  audits: number;
  conflicts: number;
  contentLost: number;
  unreadable: number;
}

/** Something that an operator must look at. */
export interface Left {
  /** As published; empty if a message does not say. */
  operationId: string;
  appid: string;
  why: string;
  /** In a conflict, the operation in Postgres. */
  storedId?: string;
  /** `topic partition:offset` of a message that was not read. */
  message?: string;
}

/** The result of a restore. */
export interface Report {
  counts: Counts;
  left: Left[];
  /** Operations that were published as ended and are neither in Postgres nor on the commands topic. */
  missing: string[];
  /** Those that were RUNNING, those with events since, and those that only Kafka knows (`state` null). */
  rollouts: ChangedRollout[];
  /** Unfinished operations of rollouts that Postgres does not have; 1,000 at most. */
  strayOperations: StrayOperation[];
  /** Undefined in a dry run. */
  stopped?: Stopped;
}

export function newReport(): Report {
  const counts = {
    inserted: 0,
    finished: 0,
    inDoubt: 0,
    requeued: 0,
    audits: 0,
    conflicts: 0,
    contentLost: 0,
    unreadable: 0,
  };
  return { counts, left: [], missing: [], rollouts: [], strayOperations: [] };
}

const NAMES: Record<keyof Counts, string> = {
  inserted: 'inserted',
  finished: 'finished',
  inDoubt: 'in doubt',
  requeued: 'requeued',
  audits: 'audits',
  conflicts: 'conflicts',
  contentLost: 'content lost',
  unreadable: 'unreadable',
};

/** Unreadable messages that are listed; the others are only counted. */
const MAX_UNREADABLE = 1_000;

/** Reports a message that this version cannot read. */
export function addUnreadable({ counts, left }: Report, message: Required<Omit<Left, 'storedId'>>): void {
  counts.unreadable += 1;
  if (counts.unreadable <= MAX_UNREADABLE) left.push(message);
}

/** Lines that are printed at most of each kind; `--json` has all. */
const MAX_LINES = 20;

/** A table of counts, followed by what an operator must look at. */
export function table({ counts, left, missing, rollouts, strayOperations, stopped }: Report): string {
  const rows = Object.entries(NAMES).map(
    ([name, label]) => `${label.padEnd(12)} ${String(counts[name as keyof Counts]).padStart(8)}`,
  );
  return [
    ...rows,
    ...first(left.map(lineOf)),
    ...first(missing.map((id) => `missing: ${id}`)),
    ...first(rollouts.map(rolloutLine)),
    ...first(strayOperations.map(strayLine)),
    ...(stopped === undefined ? [] : stopLines(stopped)),
    ...advice(missing),
  ].join('\n');
}

function rolloutLine({ id, name, state, rollbackOf, lastEvent, lastEventAt }: ChangedRollout): string {
  const what = `rollout ${id} (${oneLine(name)})${rollbackOf === null ? '' : `, rollback of ${rollbackOf}`}`;
  const last = lastEvent === null ? '' : `; last event ${lastEvent} at ${lastEventAt?.toISOString()}`;
  if (state === null) return `only on Kafka: ${what}${last}`;
  return `${state === 'RUNNING' ? 'paused' : `still ${state}`}: ${what}${last}`;
}

const strayLine = ({ operationId, appid, method, rolloutId }: StrayOperation) =>
  `of a lost rollout: ${method} ${operationId} of ${appid}, rollout ${rolloutId}`;

/** What was stopped, and how that ends. */
export function stopLines({ replaced }: Stopped): string[] {
  return [
    ...replaced.map(
      ({ api, by, until, reason }) =>
        `stopped before: ${api} by ${by} until ${until.toISOString()}: ${oneLine(reason)}`,
    ),
    'the APIs of all changes are stopped (restore) until: wxa quota lift --all-changes',
  ];
}

function lineOf({ operationId, storedId, message, appid, why }: Left): string {
  if (message !== undefined) return `unreadable: ${message} of ${appid || 'no mini-program'}: ${why}`;
  return `conflict of ${appid}: published ${operationId}, stored ${storedId}: ${why}`;
}

function first(lines: string[]): string[] {
  const more = lines.length - MAX_LINES;
  return more > 0 ? [...lines.slice(0, MAX_LINES), `… and ${more} more (--json)`] : lines;
}

function advice(missing: string[]): string[] {
  if (missing.length === 0) return [];
  return [
    `${missing.length} operations were published as ended and are missing: --since is later than the time that`,
    'Postgres was restored to. Workers stay stopped: run it again with an earlier --since.',
  ];
}
