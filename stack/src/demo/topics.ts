import '@wxa/kafka/kafkajs-patches';
import { ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { AuditCompleted, CodeCommand, OperationInDoubt, TOPICS } from '@wxa/contracts';
import kafkajs, { type Consumer, type EachMessagePayload } from 'kafkajs';
import { waitUntil } from '../processes/wait.js';
import { print } from './print.js';

const PUBLISHED_MS = 15_000;

/** Consumes all topics and prints every message of the demo's mini-program and of its platform. */
export class Topics {
  /** By name: ce_type without its package. */
  readonly #messages: { name: string; json: unknown }[] = [];

  private constructor(
    private readonly consumer: Consumer,
    private readonly appids: string[],
  ) {}

  /** Resolves once partitions are assigned. They are read from the beginning, so no message is missed. */
  static async open(brokers: string, appids: string[]): Promise<Topics> {
    const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: `wxa-demo-${randomUUID()}`, maxWaitTimeInMs: 200 });
    const topics = new Topics(consumer, appids);
    await consumer.connect();
    await consumer.subscribe({ topics: Object.values(TOPICS), fromBeginning: true });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ eachMessage: async (payload) => topics.#read(payload) });
    await joined;
    return topics;
  }

  /** Resolves when a message of this name that matches has been read. */
  find<T>(name: string, fromJSON: (json: unknown) => T, matches: (message: T) => boolean): Promise<T> {
    const find = async () => {
      const named = this.#messages.filter((message) => message.name === name);
      const found = named.map(({ json }) => fromJSON(json)).find(matches);
      ok(found, 'not published');
      return found;
    };
    return waitUntil(find, { name: `The message ${name}`, timeoutMs: PUBLISHED_MS });
  }

  close(): Promise<void> {
    return this.consumer.disconnect();
  }

  #read({ topic, message: { key, value, headers } }: EachMessagePayload): void {
    // A Kafka from the environment may hold messages of other deployments.
    if (!this.appids.includes(String(key))) return;
    const name = String(headers?.ce_type).replace(/^.*\./, '');
    const deadLetter = headers?.['dlq.reason'];
    // Only a dead letter may be something else than JSON.
    const json = deadLetter ? {} : JSON.parse(String(value));
    this.#messages.push({ name, json });
    const content = deadLetter ? `dead-lettered: ${deadLetter}` : describe(name, json);
    print(`${topic.padEnd(20)} ${key} ${content}`, deadLetter ? 'yellow' : 'dim', 3);
  }
}

function describe(name: string, json: unknown): string {
  if (name === 'CodeCommand') return CodeCommand.fromJSON(json).method;
  const { result } = AuditCompleted.fromJSON(json);
  if (name === 'AuditCompleted') return `${name} ${result.replace('AUDIT_RESULT_', '')}`;
  const { operation } = OperationInDoubt.fromJSON(json);
  if (!operation) return name;
  const { method, state, attempts, error } = operation;
  const times = attempts > 1 ? `, ${attempts} attempts` : '';
  return `${method} ${state.replace('OPERATION_STATE_', '')}${times}${error ? `, ${error.reason}` : ''}`;
}
