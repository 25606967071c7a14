import { expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { OutboxFloor } from './outbox-floor.js';

/** The statements of further raises of the floor of an empty outbox. @param newest the last id that was given out. */
async function statementsOf(newest: string): Promise<string[]> {
  const names: string[] = [];
  const query = async ({ name }: { name: string }) => {
    names.push(name);
    return { rows: name === 'outbox-floor' ? [{ newest, oldest: null }] : [] };
  };
  const floor = new OutboxFloor({ query } as unknown as Pool, 'gateway');
  for (let i = 0; i < 3; i += 1) await floor.raise();
  expect(floor.id).toBe(newest);
  names.length = 0;
  await floor.raise();
  await floor.raise();
  return names;
}

it.each(['0', '17'])(
  'While nothing is inserted after the id %s, a raise is one statement',
  async (newest) => {
    expect(await statementsOf(newest)).toEqual(['outbox-floor', 'outbox-floor']);
  },
);
