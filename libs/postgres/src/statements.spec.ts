import { EventEmitter } from 'node:events';
import { expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { transaction } from './statements.js';

/** A pool of one connection, whose statements end when the test says so. */
function slowPool(pipeline: boolean) {
  const running: { text: string; end: () => void }[] = [];
  const query = (text: string) => new Promise<void>((end) => running.push({ text, end: () => end() }));
  const client = Object.assign(new EventEmitter(), { pipeline, query, release: () => undefined });
  return { pool: { connect: async () => client } as unknown as Pool, running };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it.each([
  [true, ['begin', 'first']],
  [false, ['begin']],
])(
  'A transaction on a connection with pipeline: %s sends %j at once, and its commit after all of them',
  async (pipeline, atOnce) => {
    const { pool, running } = slowPool(pipeline);
    const done = transaction(pool, (client) => client.query('first'));
    await turn();
    expect(running.map(({ text }) => text)).toEqual(atOnce);
    for (const text of ['begin', 'first', 'commit']) {
      expect(running[0]?.text).toBe(text);
      running.shift()?.end();
      await turn();
    }
    await done;
  },
);
