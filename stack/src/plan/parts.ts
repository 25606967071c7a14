import type { Exit } from '../processes/child.js';
import { StackError, WrongConfiguration } from '../processes/stack-error.js';

/** The order of stopping: what uses a part is stopped before it. */
const TURNS = ['app', 'simulator', 'server', 'last'] as const;

export type StackPart = {
  name: string;
  turn: (typeof TURNS)[number];
  stop(): Promise<unknown>;
  exited?: Promise<Exit>;
};

/** The process of an embedded server. After a restart it is another one, as soon as that is ready. */
export type ServerProcess = { readonly name: string; readonly pid: number; readonly exited: Promise<Exit> };

/** Everything that was started so far. It can be stopped at any time, and is stopped once and in order. */
export class Parts {
  /** Resolves with a sentence when a server exits unexpectedly. */
  readonly broken: Promise<string>;
  readonly signal: AbortSignal;
  private readonly ending = new AbortController();
  private readonly parts: StackPart[] = [];
  private readonly wrong: WrongConfiguration[] = [];
  private stopped: Promise<void> | undefined;
  private resolveBroken: (sentence: string) => void = () => undefined;

  constructor(outer: AbortSignal | undefined) {
    this.signal = outer ? AbortSignal.any([outer, this.ending.signal]) : this.ending.signal;
    this.broken = new Promise((resolve) => {
      this.resolveBroken = resolve;
    });
  }

  add(part: StackPart): void {
    this.parts.push(part);
    if (part.turn !== 'server') return;
    void part.exited?.then(({ code, signal }) => {
      if (!this.stopped)
        this.resolveBroken(`${part.name} exited unexpectedly (${signal ?? `exit ${code}`}).`);
    });
  }

  /** Like Promise.all, but if one start fails it aborts the others and waits until they have cleaned up. */
  async all<T extends readonly unknown[]>(starting: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
    try {
      return await Promise.all(starting);
    } catch (error) {
      this.ending.abort(error);
      await Promise.allSettled(starting);
      throw error;
    }
  }

  /** Collects an app's configuration errors until those of the other apps are known; rethrows any other error. */
  collect(error: unknown): void {
    if (!(error instanceof WrongConfiguration)) throw error;
    // Two workers report the same errors.
    if (!this.wrong.some(({ output }) => output === error.output)) this.wrong.push(error);
  }

  /** Throws all collected configuration errors as one. */
  throwCollected(): void {
    if (this.wrong.length > 0) throw new StackError(this.wrong.map(({ message }) => message).join('\n'));
  }

  stop(): Promise<void> {
    this.stopped ??= this.stopInTurn();
    return this.stopped;
  }

  private async stopInTurn(): Promise<void> {
    this.ending.abort(new Error('The stack is being stopped.'));
    for (const turn of TURNS) {
      await Promise.all(this.parts.filter((part) => part.turn === turn).map((part) => part.stop()));
    }
  }
}
