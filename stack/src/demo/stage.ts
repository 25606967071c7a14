import { ok } from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  CodeCommand,
  isOfPlatform,
  METHODS,
  type Method,
  type Operation,
  OperationCompleted,
  type RequestOf,
  type ResultOf,
  serviceOf,
} from '@wxa/contracts';
import type { SimControl } from '@wxa/wechat-sim';
import { DEADLINE_MS, type DemoGateway } from './client.js';
import { say } from './print.js';
import type { Topics } from './topics.js';

type Fields<M extends Method> = Partial<RequestOf<M>>;
/** Checks the result of a step and describes it, one line each. */
export type Describe<T> = (result: T) => string[];

/** Runs the demo step by step and prints each. A step ends when its messages have been read from Kafka. */
export class Stage {
  /** The step in progress, or the one that failed. */
  current = '';
  #steps = 0;

  constructor(
    readonly appid: string,
    readonly gateway: DemoGateway,
    readonly topics: Topics,
    readonly sim: SimControl,
  ) {}

  readonly step = async <T>(
    who: string,
    what: string,
    work: () => Promise<T>,
    describe: Describe<T>,
  ): Promise<T> => {
    this.#steps += 1;
    this.current = `Step ${this.#steps} (${who})`;
    say(`${String(this.#steps).padStart(2)} ${who}  ${what}`, 'cyan');
    const startedAt = performance.now();
    const result = await work();
    const [first, ...others] = describe(result);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(2);
    say(`✓ ${first} (${seconds} s)`, 'green', 3);
    for (const line of others) say(line, undefined, 5);
    return result;
  };

  /** Requests a change, which must succeed, or fail with `reason`. Fields left out have their proto default. */
  change<M extends Method>(
    method: M,
    what: string,
    fields: Fields<M>,
    describe: Describe<Operation> = () => [],
    reason?: string,
  ): Promise<Operation> {
    const work = async () => {
      const { id } = await this.#send<Operation>(method, fields);
      const timeout = { seconds: BigInt(DEADLINE_MS / 1000 - 1), nanos: 0 };
      const operation = await this.gateway.operations.waitOperation({ id, timeout });
      ok(operation.error?.reason === reason, `${method}: ${inspect(operation.error)}`);
      return this.#published(operation);
    };
    return this.step(method, what, work, (operation) => {
      const state = operation.state.replace('OPERATION_STATE_', '');
      return [reason ? `${state}, ${reason}` : state, ...describe(operation)];
    });
  }

  query<M extends Method>(method: M, what: string, fields: Fields<M>, describe: Describe<ResultOf<M>>) {
    const work = async () => this.#published(await this.#send<ResultOf<M>>(method, fields));
    return this.step(method, what, work, describe);
  }

  get #requestId(): string {
    return `${this.appid}-${this.#steps}`;
  }

  #send<Response>(method: Method, fields: object): Promise<Response> {
    const { field } = METHODS[method];
    const service = serviceOf(method).replace(/^./, (letter) => letter.toLowerCase()) as keyof DemoGateway;
    const appid = isOfPlatform(method) ? '' : this.appid;
    return Reflect.get(this.gateway[service], field)({ ...fields, appid, requestId: this.#requestId });
  }

  /** Passes `result` on when command and outcome of the step's operation have been read. */
  async #published<T>(result: T): Promise<T> {
    const isOwn = (event: OperationCompleted) => event.operation?.requestId === this.#requestId;
    const { operation } = await this.topics.find('OperationCompleted', OperationCompleted.fromJSON, isOwn);
    const isCommand = ({ operationId }: CodeCommand) => operationId === operation?.id;
    await this.topics.find('CodeCommand', CodeCommand.fromJSON, isCommand);
    return result;
  }
}
