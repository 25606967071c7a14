import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { Secrets, type TokenStore } from '@wxa/authorizers';
import type { Store } from '@wxa/store';
import type pg from 'pg';
import { type Queries, type ScratchStore, scratchStore } from './scratch-store.js';

export { newAppid } from '../appid.js';

export let scratch: ScratchStore;
export let gateway: Store;
export let worker: Store;
/** For transactions of their own; a test gives back what it takes. */
export let pool: pg.Pool;

export const SECRETS_KEY = randomBytes(32);
export const secrets = new Secrets(SECRETS_KEY);
/** The tokens of mini-programs in the worker's store. */
export let tokens: TokenStore;

/** Gives the tests of a spec file a database and the stores of two apps. */
export function useStore(queries?: Queries): void {
  beforeAll(async () => {
    actOn(await scratchStore(queries));
  });
  afterAll(() => scratch?.close());
}

/** Lets the steps of this folder and of test/turns act on stores that their caller closes. */
export function actOn(stores: ScratchStore): void {
  scratch = stores;
  ({ gateway, worker, pool } = stores);
  tokens = worker.tokens(secrets);
}

export function sql<T extends object>(text: string, ...values: unknown[]): Promise<T[]> {
  return scratch.sql<T>(text, values);
}

/** The first column of all rows. */
export async function column<T>(text: string, ...values: unknown[]): Promise<T[]> {
  const { rows } = await pool.query<[T]>({ text, values, rowMode: 'array' });
  return rows.map(([first]) => first);
}

/** The first column of the first row. */
export async function value<T>(text: string, ...values: unknown[]): Promise<T | undefined> {
  return (await column<T>(text, ...values))[0];
}

/** Runs `work` while another transaction holds what `lock` locks, which ends with it. */
export async function whileLocked<T>(lock: string, values: unknown[], work: () => Promise<T>): Promise<T> {
  const holder = await pool.connect();
  try {
    await holder.query('begin');
    await holder.query(lock, values);
    return await work();
  } finally {
    await holder.query('rollback');
    holder.release();
  }
}
