import { EventEmitter } from 'node:events';
import { afterEach, expect, it, jest } from '@jest/globals';
import type { Pool } from 'pg';
import { listen } from './leases.js';

/** A connection that is lost during the first `losses` calls of `listen`. */
class Connection extends EventEmitter {
  constructor(private losses: number) {
    super();
  }

  async query(): Promise<void> {
    if (this.losses === 0) return;
    this.losses -= 1;
    this.emit('error', new Error('Connection terminated unexpectedly'));
    throw new Error('Connection terminated unexpectedly');
  }

  escapeIdentifier = (name: string) => name;
  release = () => undefined;
}

afterEach(() => {
  jest.useRealTimers();
});

it('listen reconnects once for each lost connection, although a loss is reported twice', async () => {
  jest.useFakeTimers();
  let connects = 0;
  const connection = new Connection(2);
  const connect = async () => {
    connects += 1;
    return connection;
  };
  const stop = listen({ connect } as unknown as Pool, 'news', () => undefined);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(connects).toBe(3);
  stop();
});
