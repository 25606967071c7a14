import type { QueryRunner } from 'typeorm';

/** While a statement of a migration waits for a lock, every later statement on that table waits behind it. */
export async function limitLockWaits(runner: QueryRunner): Promise<void> {
  await runner.query(`set lock_timeout = '3s'`);
}

/** How long the statements of one migration wait for locks, together. */
const WAIT_MS = 3_000;

/**
 * The statements of a transaction that begins now, which wait for locks at most 3 s together: those on the table that was locked
 * first wait as long as the transaction. Methods are bound to the runner, because its class has private fields.
 */
export function withLimitedWaits(runner: QueryRunner): QueryRunner {
  const until = performance.now() + WAIT_MS;
  const query: QueryRunner['query'] = async (...statement: Parameters<QueryRunner['query']>) => {
    const leftMs = Math.max(1, Math.ceil(until - performance.now()));
    await runner.query(`set local lock_timeout = ${leftMs}`);
    return runner.query(...statement);
  };
  return new Proxy(runner, {
    get(target, name) {
      if (name === 'query') return query;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Runs a statement that blocks no other while it waits, such as a concurrent index build, without a lock time-out. */
export async function withoutLockLimit(runner: QueryRunner, statement: string): Promise<void> {
  await runner.query('set lock_timeout = 0');
  try {
    await runner.query(statement);
  } finally {
    await limitLockWaits(runner);
  }
}
