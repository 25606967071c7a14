import type { KafkaConnection } from '@wxa/kafka';
import { isUnavailable, poolOf, rejectIfBehind, SchemaBehindError } from '@wxa/postgres';
import { acceptHistory, finishRestore, RestoreRefusedError, RestoreSession } from '@wxa/restore';
import { readConfig } from '@wxa/service/settings';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { parsedArguments } from './calls/parsed-arguments.js';
import { databaseCommand, withDatabase } from './database.js';
import { EXIT, fail, UsageError } from './exit-codes.js';
import { connect } from './kafka/connect.js';
import { apisOfChanges } from './quota/arguments.js';
import { recording } from './recording.js';
import { RESTORED, RetentionTooShortError, windowSince } from './restore/kafka-window.js';
import { Progress } from './restore/progress.js';
import { newReport, type Report, stopLines, table } from './restore/report.js';
import { resolveConflicts } from './restore/resolve-conflicts.js';
import { matchCallbacks, restoreAudits } from './restore/restore-audits.js';
import {
  doubtFirstUnfinished,
  failWithoutContent,
  finishOperations,
  insertOperations,
  type RestoreTools,
  reportTwoEnds,
  requeueOthers,
  restoreDoubts,
} from './restore/restore-operations.js';
import { reviewRollouts } from './restore/restore-rollouts.js';
import { stageTopic } from './restore/stage.js';
import { timeOf } from './restore/time-argument.js';

/** Messages from this long before TIME are read too: clocks differ, and the outbox may have been behind. */
const MARGIN_MS = 5 * 60_000;

type Arguments =
  | { kind: 'accept'; reason: string; json: boolean }
  | { kind: 'restore'; since: Date; dryRun: boolean; json: boolean };

/** `wxa restore`: brings Postgres up to date from Kafka after it has lost time. */
export async function run(args: string[]): Promise<number> {
  const given = parsed(args);
  const config = readConfig(databaseCommand, process.env);
  const kafka = given.kind === 'restore' ? connect('restore') : undefined;
  return withDatabase(config, 'restore', (dataSource) => restoreOrAccept(dataSource, kafka, given), {
    timeLimits: false,
  }).catch(exitCodeOf);
}

function exitCodeOf(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RestoreRefusedError) fail(message, EXIT.retryLater);
  if (error instanceof RetentionTooShortError) fail(message, EXIT.usage);
  if (error instanceof KafkaError) fail(`Kafka: ${message}`, EXIT.unavailable);
  if (error instanceof SchemaBehindError || isUnavailable(error))
    fail(`Postgres: ${message}`, EXIT.unavailable);
  throw error;
}

function parsed(args: string[]): Arguments {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { since: text, reason: text, accept: flag, 'dry-run': flag, json: flag };
  const { since, reason = '', accept, 'dry-run': dryRun, json } = parsedArguments(options, args).values;
  if (accept) {
    if (since !== undefined || dryRun) throw new UsageError('--accept takes only --reason and --json');
    if (reason.trim() === '') throw new UsageError('--accept needs --reason');
    return { kind: 'accept', reason, json };
  }
  if (reason !== '') throw new UsageError('--reason belongs to --accept');
  if (since === undefined) throw new UsageError('--since is required');
  return { kind: 'restore', since: timeOf('--since', since), dryRun, json };
}

async function restoreOrAccept(
  dataSource: DataSource,
  kafka: KafkaConnection | undefined,
  given: Arguments,
): Promise<number> {
  await rejectIfBehind(dataSource);
  const pool = poolOf(dataSource);
  const session = await RestoreSession.open(pool, { dryRun: given.kind === 'restore' && given.dryRun });
  try {
    if (given.kind === 'accept' || kafka === undefined) return await accept(pool, given);
    return await restore(session, kafka, given);
  } finally {
    await session.close();
  }
}

async function accept(pool: pg.Pool, given: Arguments): Promise<number> {
  if (given.kind !== 'accept') return EXIT.usage;
  const { reason, json } = given;
  const stopped = await acceptHistory(pool, recording(), { reason, apis: apisOfChanges() });
  const lines = [
    'the present state of Postgres is accepted as valid; start the workers',
    ...stopped.rollouts.map((id) => `paused: rollout ${id}`),
    ...stopLines(stopped),
  ];
  console.log(json ? JSON.stringify({ stopped }) : lines.join('\n'));
  return EXIT.ok;
}

async function restore(
  session: RestoreSession,
  kafka: KafkaConnection,
  { since, dryRun, json }: Extract<Arguments, { kind: 'restore' }>,
): Promise<number> {
  const progress = new Progress();
  const stagedFrom = new Date(since.getTime() - MARGIN_MS);
  const tools: RestoreTools = {
    ...{ session, report: newReport(), since, stagedFrom },
    onProgress: (step, done) => progress.show(`${step}: ${done}`),
  };
  try {
    await stage(kafka, tools);
    await runSteps(tools);
  } finally {
    progress.end();
  }
  const { report } = tools;
  const isComplete = report.missing.length === 0;
  const detail = { since, counts: report.counts, left: report.left.length, missing: report.missing.length };
  const stop = { apis: apisOfChanges(), reason: `Postgres was restored to ${since.toISOString()}` };
  if (!dryRun) report.stopped = await finishRestore(session, recording(), { detail, isComplete, stop });
  if (!dryRun && isComplete) await matchCallbacks(tools);
  print(report, { dryRun, json });
  return isComplete && report.left.length === 0 ? EXIT.ok : EXIT.notFound;
}

/** Reads all topics before any operation is changed. */
async function stage(kafka: KafkaConnection, tools: RestoreTools): Promise<void> {
  const { session, stagedFrom, onProgress } = tools;
  const windows = await windowSince(kafka, stagedFrom).catch(asKafkaError);
  await session.begin();
  let staged = 0;
  for (const name of RESTORED) {
    const onStaged = (count: number) => {
      staged += count;
      onProgress('messages read', staged);
    };
    const ranges = windows.get(name) ?? [];
    await stageTopic(kafka, tools, { name, ranges }, onStaged).catch(asKafkaError);
  }
}

/** Each step can be repeated: after a crash all of them run again. */
async function runSteps(tools: RestoreTools): Promise<void> {
  await insertOperations(tools);
  await finishOperations(tools);
  await reportTwoEnds(tools);
  await restoreDoubts(tools);
  await failWithoutContent(tools);
  await resolveConflicts(tools);
  await doubtFirstUnfinished(tools);
  await requeueOthers(tools);
  await restoreAudits(tools);
  await reviewRollouts(tools);
}

function print(report: Report, { dryRun, json }: { dryRun: boolean; json: boolean }): void {
  if (json) console.log(JSON.stringify({ dryRun, ...report }));
  else console.log(`${dryRun ? 'dry run: nothing was written\n' : ''}${table(report)}`);
}

/** Kafka is unavailable or denies a read. */
class KafkaError extends Error {}

function asKafkaError(error: unknown): never {
  if (error instanceof RetentionTooShortError || error instanceof RestoreRefusedError || isUnavailable(error))
    throw error;
  throw new KafkaError(error instanceof Error ? error.message : String(error));
}
