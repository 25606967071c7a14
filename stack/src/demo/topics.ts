import { ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { AuditCompleted, CodeCommand, OperationInDoubt } from '@wxa/contracts';
import { waitUntil } from '../processes/wait.js';
import { type KafkaEvent, TopicReader } from '../topic-reader.js';
import { say } from './print.js';

const PUBLISHED_MS = 15_000;

/** Reads all topics and prints every message of the demo's mini-program and of its platform. */
export class Topics {
  readonly #reader: TopicReader;

  constructor(
    cluster: ConstructorParameters<typeof TopicReader>[0],
    private readonly appids: string[],
  ) {
    this.#reader = new TopicReader(cluster, `wxa-demo-${randomUUID()}`, (event, header) => {
      // A Kafka from the environment may hold messages of other deployments.
      if (appids.includes(event.key)) show(event, header('dlq.reason'));
    });
  }

  start(): Promise<void> {
    return this.#reader.start();
  }

  /** Resolves when a message of this name that matches has been read. */
  find<T>(name: string, fromJSON: (json: unknown) => T, matches: (message: T) => boolean): Promise<T> {
    const find = async () => {
      const named = this.#reader.events.filter(
        (event) => this.appids.includes(event.key) && nameOf(event) === name,
      );
      const found = named.map(({ value }) => fromJSON(JSON.parse(value))).find(matches);
      ok(found, 'not published');
      return found;
    };
    return waitUntil(find, { name: `The message ${name}`, timeoutMs: PUBLISHED_MS });
  }

  close(): Promise<void> {
    return this.#reader.stop();
  }
}

/** The type without its package. */
function nameOf({ type }: KafkaEvent): string {
  return type.replace(/^.*\./, '');
}

function show(event: KafkaEvent, deadLetter: string): void {
  // Only a dead letter may be something else than JSON.
  const content = deadLetter
    ? `dead-lettered: ${deadLetter}`
    : describe(nameOf(event), JSON.parse(event.value));
  say(`${event.topic.padEnd(20)} ${event.key} ${content}`, deadLetter ? 'yellow' : 'dim', 3);
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
