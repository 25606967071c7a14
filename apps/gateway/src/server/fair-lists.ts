import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { POOLS } from '@wxa/postgres';
import { FairSemaphore } from '../await/fair-semaphore.js';
import { callerOf } from '../callers/caller-of.js';

/** Pages that are read from Postgres; the lists of CodeManagement and Templates are queries to WeChat. */
const LIST = /^\/wxa\.code\.v1\.(Operations|Audits|Authorizers|Rollouts|Platform|Settings)\/List/;

/** Shares the connections for lists fairly between callers: as many lists are in progress as there are connections. Not without a policy. */
export function fairLists(): ServerInterceptor {
  const semaphore = new FairSemaphore(POOLS.lists.max);
  return ({ path }, call) =>
    // Another layer would cost every other call some time.
    LIST.test(path) ? new ListCall(semaphore, call).intercepting() : (call as ServerInterceptingCall);
}

class ListCall {
  #caller: string | undefined;
  #hasEnded = false;
  #end: () => void = () => undefined;

  constructor(
    private readonly semaphore: FairSemaphore,
    private readonly call: ServerInterceptingCallInterface,
  ) {}

  intercepting(): ServerInterceptingCall {
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        this.#caller = callerOf(metadata)?.name;
        next(metadata);
      })
      // Once, when the request is complete: the handler runs next.
      .withOnReceiveHalfClose((next) => void this.#wait(next))
      .withOnCancel(() => this.#ended())
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      // Postgres has answered; how fast the caller reads the page does not matter.
      .withSendMessage((message, next) => {
        this.#ended();
        next(message);
      })
      .withSendStatus((status, next) => {
        this.#ended();
        next(status);
      })
      .build();
    return new ServerInterceptingCall(this.call, responder);
  }

  async #wait(next: () => void): Promise<void> {
    if (this.#caller === undefined) return next();
    const end = await this.semaphore.begin(this.#caller);
    // One that was cancelled while it waited lets the next one begin.
    if (this.#hasEnded) return end();
    this.#end = end;
    next();
  }

  #ended(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#end();
  }
}
