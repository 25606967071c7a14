import type { RolloutStateName } from '@wxa/rollouts/core';
import type { RestoreSession } from './restore-session.js';

/** What a restore counts, in operations; `audits`: opened or ended. */
export const COUNTS = [
  'inserted',
  'finished',
  'inDoubt',
  'requeued',
  'audits',
  'conflicts',
  'contentLost',
  'unreadable',
] as const;

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

/** A rollout that an operator must look at. */
export interface ChangedRollout {
  id: string;
  name: string;
  /** In Postgres; null: only Kafka knows the rollout. */
  state: RolloutStateName | null;
  rollbackOf: string | null;
  /** The type and time of its last event on Kafka, without `wxa.code.v1.`; null if it has none of the time that was read. */
  lastEvent: string | null;
  lastEventAt: Date | null;
}

/** An unfinished operation of a rollout that Postgres does not have. */
export interface StrayOperation {
  operationId: string;
  appid: string;
  method: string;
  rolloutId: string;
}

/** What was stopped. `replaced`: the operators' stops that were in force. */
export interface Stopped {
  rollouts: string[];
  replaced: { api: string; until: Date; by: string; reason: string }[];
}

/** The result of a restore. */
export interface Report {
  counts: Record<(typeof COUNTS)[number], number>;
  left: Left[];
  /** Operations that were published as ended and are neither in Postgres nor on the commands topic. */
  missing: string[];
  /** Those that were RUNNING, those with events since, and those that only Kafka knows (`state` null). */
  rollouts: ChangedRollout[];
  /** 1,000 at most. */
  strayOperations: StrayOperation[];
  /** Undefined in a dry run. */
  stopped?: Stopped;
}

/** What every step of a restore works with. */
export interface RestoreTools {
  session: RestoreSession;
  report: Report;
  /** The time that Postgres was restored to, or earlier. */
  since: Date;
  /** Messages from then on are staged. */
  stagedFrom: Date;
  onProgress(step: string, done: number): void;
}

/** Messages from this long before `since` are read too: clocks differ, and the outbox may have been behind. */
const MARGIN_MS = 5 * 60_000;

/** The tools of a restore that begins, with an empty report. */
export function restoreTools(given: Pick<RestoreTools, 'session' | 'since' | 'onProgress'>): RestoreTools {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Report['counts'];
  const report: Report = { counts, left: [], missing: [], rollouts: [], strayOperations: [] };
  return { ...given, report, stagedFrom: new Date(given.since.getTime() - MARGIN_MS) };
}
