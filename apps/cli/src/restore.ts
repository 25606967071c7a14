import type { KafkaConnection } from '@wxa/kafka';
import { apisIn } from '@wxa/methods';
import { isUnavailable, rejectIfBehind, SchemaBehindError } from '@wxa/postgres';
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
import { databaseCommand, withDatabase } from './database.js';
import { EXIT, exitWith, UsageError } from './exit-codes.js';
import { connect } from './kafka/connect.js';
import { readTopic } from './kafka/read-topic.js';
import { print } from './output/print.js';
import { recording } from './recording.js';
import { ProgressLine } from './restore/progress.js';
import { reportText, stopLines } from './restore/report.js';
import { pastTimeOf } from './restore/time-argument.js';

interface Values {
  since?: string;
  dryRun?: boolean;
  accept?: boolean;
  reason?: string;
  json?: boolean;
}

/** `wxa restore`: brings Postgres up to date from Kafka after it has lost time. */
export async function restoreFromKafka(values: Values): Promise<number> {
  const since = sinceOf(values);
  const config = readConfig(databaseCommand, process.env);
  // Exits with 78 before anything is read if the settings of Kafka are invalid.
  const work = since === undefined ? accepting(values) : restoring(since, values, connect('restore'));
  const use = async (pool: pg.Pool) => {
    await rejectIfBehind(pool);
    const session = await RestoreSession.open(pool, { dryRun: values.dryRun === true });
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
  if (error instanceof RestoreRefusedError) exitWith(message, EXIT.retryLater);
  if (error instanceof RetentionTooShortError) exitWith(message, EXIT.usage);
  if (error instanceof KafkaError) exitWith(`Kafka: ${message}`, EXIT.unavailable);
  if (error instanceof SchemaBehindError || isUnavailable(error))
    exitWith(`Postgres: ${message}`, EXIT.unavailable);
  throw error;
}

/** From when it restores; undefined: it accepts the present state. Throws UsageError. */
function sinceOf({ since, dryRun, accept, reason = '' }: Values): Date | undefined {
  if (accept) {
    if (since !== undefined || dryRun) throw new UsageError('--accept takes only --reason and --json');
    if (reason.trim() === '') throw new UsageError('--accept needs --reason');
    return undefined;
  }
  if (reason !== '') throw new UsageError('--reason belongs to --accept');
  if (since === undefined) throw new UsageError('--since is required');
  return pastTimeOf('--since', since);
}

function accepting({ reason = '', json }: Values): Work {
  return async (_, pool) => {
    const stopped = await acceptHistory(pool, recording(), { reason, apis: apisIn('ALL_CHANGES') });
    const lines = [
      'the present state of Postgres is accepted as valid; start the workers',
      ...stopped.rollouts.map((id) => `paused: rollout ${id}`),
      ...stopLines(stopped),
    ];
    print(json, { stopped }, lines.join('\n'));
    return EXIT.ok;
  };
}

function restoring(since: Date, { dryRun = false, json }: Values, connection: KafkaConnection): Work {
  return async (session) => {
    const progress = new ProgressLine();
    const onProgress = (step: string, done: number) => progress.show(`${step}: ${done}`);
    const tools = restoreTools({ session, since, onProgress });
    try {
      await restore({ connection, readTopic }, tools);
    } finally {
      progress.end();
    }
    if (!dryRun) await finishRestore(tools, recording(), apisIn('ALL_CHANGES'));
    const { report } = tools;
    const head = dryRun ? 'dry run: nothing was written\n' : '';
    print(json, { dryRun, ...report }, `${head}${reportText(report)}`);
    return report.missing.length === 0 && report.left.length === 0 ? EXIT.ok : EXIT.notFound;
  };
}
