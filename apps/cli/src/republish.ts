import { setTimeout as delay } from 'node:timers/promises';
import { type CloudEvent, continueTrace, eventType, TOPICS } from '@wxa/contracts';
import { poolOf } from '@wxa/postgres';
import {
  countPendingUpTo,
  type DecidedAudit,
  type DeletedUntil,
  decidedAudits,
  publishedOperations,
  type Republication,
  readDeletedUntil,
  republish,
} from '@wxa/restore';
import { readConfig } from '@wxa/service/settings';
import type pg from 'pg';
import { databaseCommand, withDatabase } from './database.js';
import { EXIT, fail, UsageError } from './exit-codes.js';
import { print } from './output/print.js';
import { recording } from './recording.js';
import { Progress } from './restore/progress.js';
import { repeatedOutcome } from './restore/repeated-outcome.js';
import { timeOf } from './restore/time-argument.js';

/** The relay of the gateways publishes the events. */
const WRITER = 'gateway';
const MAX_PENDING = 5_000;
const POLL_MS = 200;
/** Without progress of the relay for this long, no gateway is running or Kafka is unavailable. */
const GIVE_UP_MS = 60_000;
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

type Topic = 'outcomes' | 'audits';

interface Arguments extends Republication {
  topics: readonly Topic[];
  json: boolean;
}

/** `wxa republish`: publishes events again that a topic or a subscriber has lost. */
export async function republishAll(values: Values): Promise<number> {
  const given = parsed(values);
  return withDatabase(
    readConfig(databaseCommand, process.env),
    'republish',
    (dataSource) => new Run(poolOf(dataSource), given).run(),
    { timeLimits: false },
  );
}

interface Values {
  since: string;
  until?: string;
  appid?: string;
  topic?: string;
  json?: boolean;
}

function parsed({ since, until, appid, topic, json = false }: Values): Arguments {
  if (topic !== undefined && topic !== 'outcomes' && topic !== 'audits')
    throw new UsageError(`--topic must be outcomes or audits: ${topic}`);
  const window = {
    since: timeOf('--since', since),
    until: until === undefined ? new Date() : timeOf('--until', until),
  };
  if (window.until <= window.since) throw new UsageError('--until must be later than --since');
  return {
    ...window,
    appid: appid ?? null,
    json,
    topics: topic === undefined ? ['outcomes', 'audits'] : [topic],
  };
}

/** One run of the command. */
class Run {
  readonly #progress = new Progress();
  readonly #written: Record<Topic, number> = { outcomes: 0, audits: 0 };
  #withoutEvent = 0;

  constructor(
    private readonly pool: pg.Pool,
    private readonly given: Arguments,
  ) {}

  async run(): Promise<number> {
    for (const topic of this.given.topics) await (topic === 'outcomes' ? this.#outcomes() : this.#audits());
    this.#progress.end();
    const deletedUntil = await readDeletedUntil(this.pool);
    const republished = Object.fromEntries(this.given.topics.map((topic) => [topic, this.#written[topic]]));
    const written = this.given.topics.map((topic) => `${this.#written[topic]} ${topic}`);
    const lines = [`republished ${written.join(' and ')}`];
    if (this.#withoutEvent > 0)
      lines.push(`${this.#withoutEvent} audits have no stored event, because an older version decided them`);
    lines.push(covered(deletedUntil));
    const document = { republished, auditsWithoutEvent: this.#withoutEvent, deletedUntil };
    print(this.given.json, document, lines.join('\n'));
    return EXIT.ok;
  }

  async #outcomes(): Promise<void> {
    for (let after = NIL_UUID; ; ) {
      const page = await publishedOperations(this.pool, this.given, after);
      const events = page.map((each) => repeatedOutcome(each, each.endedAt ?? each.updatedAt));
      await this.#write('outcomes', events);
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.id;
    }
  }

  async #audits(): Promise<void> {
    for (let after = NIL_UUID; ; ) {
      const page = await decidedAudits(this.pool, this.given, after);
      const events = page.flatMap((audit) => auditEventOf(audit) ?? []);
      this.#withoutEvent += page.length - events.length;
      await this.#write('audits', events);
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.operationId;
    }
  }

  async #write(topic: Topic, events: CloudEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.#untilRoom(events.length);
    const { since, until, appid, topics } = this.given;
    const isFirst = this.#written.outcomes + this.#written.audits === 0;
    const detail = isFirst ? { since, until, appid, topics } : undefined;
    await republish(this.pool, recording(), WRITER, { events, detail });
    this.#written[topic] += events.length;
    this.#progress.show(`${this.#written.outcomes} outcomes, ${this.#written.audits} audits`);
  }

  /** Waits until the outbox has room for more events. Exits if the relay publishes nothing. */
  async #untilRoom(count: number): Promise<void> {
    let lowest = Number.POSITIVE_INFINITY;
    let giveUpAt = performance.now() + GIVE_UP_MS;
    for (;;) {
      const pending = await countPendingUpTo(this.pool, WRITER, MAX_PENDING * 2);
      if (pending + count <= MAX_PENDING) return;
      if (pending < lowest) giveUpAt = performance.now() + GIVE_UP_MS;
      lowest = Math.min(lowest, pending);
      if (performance.now() > giveUpAt)
        fail(`no gateway publishes: ${pending} events are pending; run it again later`, EXIT.unavailable);
      await delay(POLL_MS);
    }
  }
}

function auditEventOf(audit: DecidedAudit): CloudEvent | undefined {
  const { operationId, appid, decidedAt, source, traceparent, value } = audit;
  if (value === null) return undefined;
  return {
    topic: TOPICS.audits,
    id: `${operationId}.audit-completed`,
    type: eventType('AuditCompleted'),
    source: source === 'CALLBACK' ? 'gateway' : 'release-worker',
    appid,
    time: decidedAt,
    traceparent: continueTrace(traceparent ?? undefined),
    value,
  };
}

function covered({ queries, changes }: DeletedUntil): string {
  const of = (kind: string, until: Date | null) =>
    `${kind}: ${until === null ? 'all' : `ended after ${until.toISOString()}`}`;
  return `stored are still: ${of('queries', queries)}; ${of('changes and audits', changes)}`;
}
