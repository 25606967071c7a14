import '@wxa/kafka/quiet-request-queue';
import { randomUUID } from 'node:crypto';
import { AuditCompleted, eventType, OperationCompleted, TOPICS, type TopicName } from '@wxa/contracts';
import kafkajs, { type Admin, type Consumer, type EachMessagePayload } from 'kafkajs';
import { waitUntil } from '../wait.js';
import { describeMessage } from './describe-message.js';
import type { Screen } from './screen.js';

const CAUGHT_UP_MS = 10_000;

/** One message of ours, with the key, topic and id it came under. */
export type Seen = { appid: string; topic: string; id: string; type: string; json: unknown; again: boolean };

type Waiter = { wants: (seen: Seen) => boolean; resolve: (seen: Seen) => void };

/** Follows all four topics as a consumer of its own and shows every message under one of our appids. */
export class KafkaViewer {
  readonly seen: Seen[] = [];
  private readonly ids = new Set<string>();
  private readonly waiters = new Set<Waiter>();
  /** topic and partition → the offset after the last one read. */
  private readonly read = new Map<string, number>();

  private constructor(
    private readonly consumer: Consumer,
    private readonly admin: Admin,
    private readonly appids: string[],
    private readonly screen: Screen,
  ) {}

  /** Resolves when partitions are assigned: nothing published from then on is missed, nor what came before. */
  static async open(brokers: string, appids: string[], screen: Screen): Promise<KafkaViewer> {
    const { Kafka, logLevel } = kafkajs;
    const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'demo', logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: `wxa-demo-${randomUUID()}`, maxWaitTimeInMs: 200 });
    const viewer = new KafkaViewer(consumer, kafka.admin(), appids, screen);
    await viewer.follow();
    return viewer;
  }

  /** The outcome of the operation asked for under this request id, seen already or to come. */
  outcomeOf(requestId: string): Promise<Seen> {
    return this.first(({ type, json }) => {
      if (type !== eventType('OperationCompleted')) return false;
      return OperationCompleted.fromJSON(json).operation?.requestId === requestId;
    });
  }

  /** How an audit ended, seen already or to come. */
  async auditCompleted(auditId: bigint): Promise<AuditCompleted> {
    const { json } = await this.first(({ type, json }) => {
      return type === eventType('AuditCompleted') && AuditCompleted.fromJSON(json).auditId === auditId;
    });
    return AuditCompleted.fromJSON(json);
  }

  /** Resolves when every message that is now in the topics has been read. */
  async caughtUp(): Promise<void> {
    const ends = await Promise.all(Object.values(TOPICS).map((topic) => this.endOf(topic)));
    const behind = async () => {
      const open = ends.flat().filter(({ place, end }) => end > (this.read.get(place) ?? 0));
      if (open.length > 0) throw new Error(`behind in ${open.map(({ place }) => place).join(', ')}`);
    };
    await waitUntil(behind, { name: 'The last Kafka message', timeoutMs: CAUGHT_UP_MS });
  }

  async close(): Promise<void> {
    await Promise.all([this.consumer.disconnect(), this.admin.disconnect()]);
  }

  private async follow(): Promise<void> {
    await Promise.all([this.consumer.connect(), this.admin.connect()]);
    await this.consumer.subscribe({ topics: Object.values(TOPICS), fromBeginning: true });
    const joined = new Promise((resolve) => this.consumer.on(this.consumer.events.GROUP_JOIN, resolve));
    await this.consumer.run({ eachMessage: async (message) => this.take(message) });
    await joined;
  }

  private take({ topic, partition, message }: EachMessagePayload): void {
    this.read.set(`${topic} ${partition}`, Number(message.offset) + 1);
    // A Kafka that was given to us may hold others' messages.
    const appid = String(message.key ?? '');
    if (!this.appids.includes(appid)) return;
    const id = String(message.headers?.ce_id ?? '');
    const type = String(message.headers?.ce_type ?? '');
    const seen = { appid, topic, id, type, json: parse(message.value), again: this.ids.has(id) };
    this.ids.add(id);
    this.seen.push(seen);
    this.show(seen, message.headers?.['dlq.reason']);
    for (const waiter of this.waiters) if (waiter.wants(seen)) this.satisfy(waiter, seen);
  }

  private show({ appid, topic, type, json, again }: Seen, refused: unknown): void {
    const about = refused === undefined ? describeMessage(type, json) : `refused: ${refused}`;
    const line = `   ${topic.padEnd(20)} ${appid} ${again ? 'published again: ' : ''}${about}`;
    this.screen.line(line, { look: again || topic === TOPICS.deadLetters ? 'yellow' : 'dim' });
  }

  private first(wants: Waiter['wants']): Promise<Seen> {
    const known = this.seen.find(wants);
    if (known) return Promise.resolve(known);
    return new Promise((resolve) => this.waiters.add({ wants, resolve }));
  }

  private satisfy(waiter: Waiter, seen: Seen): void {
    this.waiters.delete(waiter);
    waiter.resolve(seen);
  }

  private async endOf(topic: TopicName): Promise<{ place: string; end: number }[]> {
    const partitions = await this.admin.fetchTopicOffsets(topic);
    return partitions
      .filter(({ high, low }) => Number(high) > Number(low))
      .map(({ partition, high }) => ({ place: `${topic} ${partition}`, end: Number(high) }));
  }
}

function parse(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? '');
  } catch {
    // kafkajs stops its consumer for ever on a SyntaxError.
    return {};
  }
}
