import {
  type DeletedUntil,
  NotPublishedError,
  type Republication,
  readDeletedUntil,
  republish,
} from '@wxa/restore';
import type pg from 'pg';
import { withPool } from './database.js';
import { EXIT, exitWith, UsageError } from './exit-codes.js';
import { print } from './output/print.js';
import { recording } from './recording.js';
import { ProgressLine } from './restore/progress.js';
import { pastTimeOf } from './restore/time-argument.js';

/** `wxa republish`: publishes events again that a topic or a subscriber has lost. */
export async function republishAll(values: Values): Promise<number> {
  const given = parsed(values);
  const use = (pool: pg.Pool) => run(pool, given, values.json);
  return withPool('republish', use, { timeLimits: false }).catch((error: unknown) => {
    if (error instanceof NotPublishedError) exitWith(error.message, EXIT.unavailable);
    throw error;
  });
}

interface Values {
  since: string;
  until?: string;
  appid?: string;
  topic?: string;
  json?: boolean;
}

function parsed({ since, until, appid, topic }: Values): Republication {
  if (topic !== undefined && topic !== 'outcomes' && topic !== 'audits')
    throw new UsageError(`--topic must be outcomes or audits: ${topic}`);
  const window = {
    since: pastTimeOf('--since', since),
    until: until === undefined ? new Date() : pastTimeOf('--until', until),
  };
  if (window.until <= window.since) throw new UsageError('--until must be later than --since');
  return {
    ...window,
    appid: appid ?? null,
    topics: topic === undefined ? ['outcomes', 'audits'] : [topic],
  };
}

async function run(pool: pg.Pool, given: Republication, json: boolean | undefined): Promise<number> {
  const progress = new ProgressLine();
  const { auditsWithoutEvent, ...written } = await republish(
    pool,
    recording(),
    given,
    ({ outcomes, audits }) => progress.show(`${outcomes} outcomes, ${audits} audits`),
  );
  progress.end();
  const deletedUntil = await readDeletedUntil(pool);
  const republished = Object.fromEntries(given.topics.map((topic) => [topic, written[topic]]));
  const lines = [
    `republished ${given.topics.map((topic) => `${written[topic]} ${topic}`).join(' and ')}`,
    ...(auditsWithoutEvent > 0
      ? [`${auditsWithoutEvent} audits have no stored event, because an older version decided them`]
      : []),
    covered(deletedUntil),
  ];
  print(json, { republished, auditsWithoutEvent, deletedUntil }, lines.join('\n'));
  return EXIT.ok;
}

function covered({ queries, changes }: DeletedUntil): string {
  const of = (kind: string, until: Date | null) =>
    `${kind}: ${until === null ? 'all' : `ended after ${until.toISOString()}`}`;
  return `stored are still: ${of('queries', queries)}; ${of('changes and audits', changes)}`;
}
