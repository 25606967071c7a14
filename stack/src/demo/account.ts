import { type Operation, OperationState, type ResultOf } from '@wxa/contracts';
import { StackError } from '../stack-error.js';
import { same } from './check.js';
import type { Change, Client, Fields, Query } from './client.js';
import { withoutPrefix } from './describe-message.js';
import type { KafkaViewer } from './kafka-viewer.js';
import type { Steps, Told } from './steps.js';

/** Looks at what a step gave: throws where it is wrong, and says in a few lines what it is. */
export type Look<T> = (value: T) => string[];

/** The mini-program of the demo, or the platform itself under its own appid. Each of its calls is a step, done when its outcome is in Kafka too. */
export class Account {
  /** How many operations it was asked for. */
  asked = 0;

  constructor(
    readonly appid: string,
    readonly client: Client,
    private readonly viewer: KafkaViewer,
    private readonly steps: Steps,
  ) {}

  /** Asks for a change and waits until it has succeeded. */
  change<M extends Change>(
    method: M,
    what: string,
    fields: Fields<M>,
    look: Look<Operation> = () => [],
  ): Promise<Operation> {
    return this.steps.take(method, what, async () => {
      const caller = this.caller(method);
      const { id } = await this.client.change(method, caller, fields);
      const operation = succeeded(await this.client.wait(id));
      await this.viewer.outcomeOf(caller.requestId);
      return { value: operation, lines: [['SUCCEEDED', ...look(operation)].join(', ')] };
    });
  }

  /** Asks for a change that fails for one reason. */
  failing<M extends Change>(method: M, what: string, fields: Fields<M>, reason: string): Promise<Operation> {
    return this.steps.take(method, what, async () => {
      const caller = this.caller(method);
      const { id } = await this.client.change(method, caller, fields);
      const operation = await this.client.wait(id);
      same(operation.error?.reason, reason, `Why ${method} failed`);
      await this.viewer.outcomeOf(caller.requestId);
      return { value: operation, lines: [`FAILED, ${reason}`, operation.error?.errmsg ?? ''] };
    });
  }

  query<M extends Query>(
    method: M,
    what: string,
    fields: Fields<M>,
    look: Look<ResultOf<M>>,
  ): Promise<ResultOf<M>> {
    return this.steps.take(method, what, async () => {
      const caller = this.caller(method);
      const value = await this.client.query(method, caller, fields);
      const lines = look(value);
      await this.viewer.outcomeOf(caller.requestId);
      return { value, lines };
    });
  }

  /** A step in which WeChat does something by itself. */
  wechat<T>(what: string, work: () => Promise<Told<T>>): Promise<T> {
    return this.steps.take('WeChat', what, work);
  }

  private caller(method: string): { appid: string; requestId: string } {
    this.asked += 1;
    return { appid: this.appid, requestId: `${this.appid}-${this.asked}-${method}` };
  }
}

function succeeded(operation: Operation): Operation {
  if (operation.state === OperationState.OPERATION_STATE_SUCCEEDED) return operation;
  const { method, state, error } = operation;
  const why = error ? `: ${error.errcode} ${error.reason}, ${error.errmsg}. ${error.hint}` : '.';
  throw new StackError(`${method} is ${withoutPrefix(state, 'OPERATION_STATE_')}${why}`);
}
