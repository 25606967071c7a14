import pg from 'pg';
import { type StoreFailure, storeFailureOf } from './unavailable.js';

/** What the store reports of its statements, for metrics and the log. Must not throw. */
export interface StoreObserver {
  /** @param name of a prepared statement; undefined for others. `failure`: undefined if it succeeded. */
  statement(
    name: string | undefined,
    seconds: number,
    failure: StoreFailure | undefined,
    error: unknown,
  ): void;
  /** A connection could not be opened. */
  notConnected(failure: StoreFailure): void;
  /** A statement with this number of items began. */
  batch(name: BatchName, items: number): void;
}

/** The statements that concurrent calls share. */
export type BatchName =
  | 'accept'
  | 'claim'
  | 'settle'
  | 'link'
  | 'note'
  | 'callback'
  | 'event'
  | 'token'
  | 'grant'
  | 'other';

type Callback = (error: unknown, result: unknown) => void;
type Connect = (this: pg.Client, given?: Callback) => Promise<pg.Client>;

/**
 * A client whose failed connection and statements are reported to an observer. The error of a prepared statement has its
 * name as `statement`.
 */
export function observedClient(observer: StoreObserver): typeof pg.Client {
  const connect = pg.Client.prototype.connect as unknown as Connect;
  const query = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
  class ObservedClient extends pg.Client {}
  const connecting: Connect = function (given) {
    const failed = (error: unknown) => observer.notConnected(storeFailureOf(error));
    if (given !== undefined)
      return connect.call(this, (error, result) => {
        if (error) failed(error);
        given(error, result);
      });
    const result = connect.call(this);
    result.catch(failed);
    return result;
  };
  ObservedClient.prototype.connect = connecting as typeof pg.Client.prototype.connect;
  ObservedClient.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const startedAt = performance.now();
    const name = nameOf(args[0]);
    const ended = (error?: unknown) => {
      const failure = error ? storeFailureOf(error) : undefined;
      if (error instanceof Error && name !== undefined) Object.assign(error, { statement: name });
      observer.statement(name, (performance.now() - startedAt) / 1000, failure, error);
    };
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      const given = callback as Callback;
      args[args.length - 1] = (error: unknown, result: unknown) => {
        ended(error);
        given(error, result);
      };
      return query.apply(this, args);
    }
    const result = query.apply(this, args);
    if (result instanceof Promise) result.then(() => ended(), ended);
    return result;
  } as typeof pg.Client.prototype.query;
  return ObservedClient;
}

function nameOf(config: unknown): string | undefined {
  return typeof config === 'object' && config !== null && 'name' in config && typeof config.name === 'string'
    ? config.name
    : undefined;
}
