import type { KafkaConnection } from '@wxa/kafka';
import { apisIn } from '@wxa/methods';
import { isUnavailable, poolOf, rejectIfBehind, SchemaBehindError } from '@wxa/postgres';
import {
  acceptHistory,
  finishRestore,
  KafkaError,
  RestoreRefusedError,
  RestoreSession,
  RetentionTooShortError,
  restore,
  restoreTools,
} from '@wxa/restore';
import { readConfig } from '@wxa/service/settings';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { parsedArguments } from './calls/parsed-arguments.js';
import { databaseCommand, withDatabase } from './database.js';
import { EXIT, fail, UsageError } from './exit-codes.js';
import { connect } from './kafka/connect.js';
import { readTopic } from './kafka/read-topic.js';
import { recording } from './recording.js';
import { Progress } from './restore/progress.js';
import { stopLines, table } from './restore/report.js';
import { timeOf } from './restore/time-argument.js';

type Arguments =
  | { kind: 'accept'; reason: string; json: boolean }
  | { kind: 'restore'; since: Date; dryRun: boolean; json: boolean };
type Of<Kind> = Extract<Arguments, { kind: Kind }>;

/** `wxa restore`: brings Postgres up to date from Kafka after it has lost time. */
export async function run(args: string[]): Promise<number> {
  const given = parsed(args);
  const config = readConfig(databaseCommand, process.env);
  // Exits with 78 before anything is read if the settings of Kafka are invalid.
  const work = given.kind === 'accept' ? accepting(given) : restoring(given, connect('restore'));
  const use = async (dataSource: DataSource) => {
    await rejectIfBehind(dataSource);
    const pool = poolOf(dataSource);
    const session = await RestoreSession.open(pool, { dryRun: given.kind === 'restore' && given.dryRun });
    try {
      return await work(session, pool);
    } finally {
      await session.close();
    }
  };
  return withDatabase(config, 'restore', use, { timeLimits: false }).catch(exitCodeOf);
}

type Work = (session: RestoreSession, pool: pg.Pool) => Promise<number>;

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

function accepting({ reason, json }: Of<'accept'>): Work {
  return async (_, pool) => {
    const stopped = await acceptHistory(pool, recording(), { reason, apis: apisIn('ALL_CHANGES') });
    const lines = [
      'the present state of Postgres is accepted as valid; start the workers',
      ...stopped.rollouts.map((id) => `paused: rollout ${id}`),
      ...stopLines(stopped),
    ];
    console.log(json ? JSON.stringify({ stopped }) : lines.join('\n'));
    return EXIT.ok;
  };
}

function restoring({ since, dryRun, json }: Of<'restore'>, connection: KafkaConnection): Work {
  return async (session) => {
    const progress = new Progress();
    const onProgress = (step: string, done: number) => progress.show(`${step}: ${done}`);
    const tools = restoreTools({ session, since, onProgress });
    try {
      await restore({ connection, readTopic }, tools);
    } finally {
      progress.end();
    }
    if (!dryRun) await finishRestore(tools, recording(), apisIn('ALL_CHANGES'));
    const { report } = tools;
    if (json) console.log(JSON.stringify({ dryRun, ...report }));
    else console.log(`${dryRun ? 'dry run: nothing was written\n' : ''}${table(report)}`);
    return report.missing.length === 0 && report.left.length === 0 ? EXIT.ok : EXIT.notFound;
  };
}
