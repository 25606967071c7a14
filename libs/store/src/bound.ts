import { Batcher } from '@wxa/service/batcher';
import { isUnavailable } from './unavailable.js';

/** Functions without their first parameters, which are those of `Context`. */
export type Bound<Context extends unknown[], Functions> = {
  [Name in keyof Functions]: Functions[Name] extends (...args: [...Context, ...infer Args]) => infer Result
    ? (...args: Args) => Result
    : never;
};

/** Binds the first parameters of functions, such as the pool of their statements. */
export function bound<
  Context extends unknown[],
  Functions extends Record<string, (...args: [...Context, ...never[]]) => unknown>,
>(context: [...Context], functions: Functions): Bound<Context, Functions> {
  const each = Object.entries(functions).map(([name, run]) => [
    name,
    (...args: never[]) => run(...context, ...args),
  ]);
  return Object.fromEntries(each) as Bound<Context, Functions>;
}

/**
 * A function of one item whose calls share statements; see Batcher. Rejects with the signal's reason if the signal is aborted
 * before the statement begins.
 */
export function batched<Item, Result>(
  run: (items: Item[]) => Promise<Result[]>,
  options: Partial<ConstructorParameters<typeof Batcher<Item, Result>>[1]> & { parallel: number },
): (item: Item, signal?: AbortSignal) => Promise<Result> {
  const batcher = new Batcher(run, { ...BATCH, ...options });
  return (item, signal) => batcher.add(item, signal);
}

const BATCH = {
  maxBatch: 200,
  maxWaiting: 20_000,
  // An error that is not transient is the fault of one item, such as a claim that would begin a second change of a
  // mini-program and violates the unique index. Run alone it finds its blocker, and the other items succeed.
  splitOn: (error: unknown) => !isUnavailable(error),
};
