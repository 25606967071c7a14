import { Batcher, type Cancellation } from '@wxa/service/batcher';
import type { BatchName, StoreObserver } from './observer.js';
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

/** Functions of one item whose calls share statements; see Batcher. */
export class Batches {
  readonly #batchers: { name: BatchName; batcher: { readonly waiting: number } }[] = [];

  constructor(private readonly observer: Pick<StoreObserver, 'batch'> | undefined) {}

  /** The function rejects with the signal's reason if the signal is aborted before the statement begins. */
  of<Item, Result>(
    name: BatchName,
    run: (items: Item[]) => Promise<Result[]>,
    options: Partial<ConstructorParameters<typeof Batcher<Item, Result>>[1]> & { parallel: number },
  ): (item: Item, signal?: Cancellation, onStart?: (items: number) => void) => Promise<Result> {
    const { observer } = this;
    const observed = (items: Item[]) => {
      observer?.batch(name, items.length);
      return run(items);
    };
    const batcher = new Batcher(observer === undefined ? run : observed, { ...BATCH, ...options });
    this.#batchers.push({ name, batcher });
    return (item, signal, onStart) => batcher.add(item, signal, onStart);
  }

  /** How many items wait, by batch. */
  waiting(): Map<BatchName, number> {
    const waiting = new Map<BatchName, number>();
    for (const { name, batcher } of this.#batchers)
      waiting.set(name, (waiting.get(name) ?? 0) + batcher.waiting);
    return waiting;
  }
}

const BATCH = {
  maxBatch: 200,
  maxWaiting: 20_000,
  // An error that is not transient is the fault of one item, such as a claim that would begin a second change of a
  // mini-program and violates the unique index. Run alone it finds its blocker, and the other items succeed.
  splitOn: (error: unknown) => !isUnavailable(error),
};
