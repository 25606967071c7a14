import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { METHODS } from '@wxa/contracts';
import { POOLS } from '@wxa/postgres';
import { FairSemaphore } from '@wxa/service';
import { callerOf } from '../callers/caller-of.js';
import { packageDefinition } from '../decode/decode-request.js';

/** The paths of the lists that are read from Postgres; lists that are methods are queries to WeChat. */
export const LISTS: ReadonlySet<string> = new Set(
  Object.values(packageDefinition)
    .flatMap((service) => Object.values(service))
    .map(({ path }) => path)
    .filter((path) => {
      const rpc = path.slice(path.lastIndexOf('/') + 1);
      return rpc.startsWith('List') && !(rpc in METHODS);
    }),
);

/** Shares the connections for lists fairly between callers: as many lists are in progress as there are connections. Not without a policy. */
export function fairLists(): ServerInterceptor {
  const semaphore = new FairSemaphore(POOLS.lists.max);
  return ({ path }, call) =>
    // Another layer would cost every other call some time.
    LISTS.has(path) ? new ListCall(semaphore, call).intercepting() : (call as ServerInterceptingCall);
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
