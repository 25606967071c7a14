import { eventually } from '../eventually.js';
import type { ChangeCase } from '../release/change-cases.js';
import { type World } from '../world.js';
import { type DatabaseLock, lockOperations } from './database-locks.js';
import { newAppidOf, type Owner } from './partitions.js';
import {
  begin,
  finalResult,
  outcomesOf,
  type PreparedChange,
  prepareChange,
  type StartedChange,
} from './started-changes.js';

/** One worker to be lost in a given state, with one mini-program for each change. */
export class WorkerScenario {
  started: StartedChange[] = [];
  #ready: PreparedChange[] = [];
  #faults: string[] = [];
  #earlier: DatabaseLock | undefined;

  constructor(
    readonly world: World,
    readonly owner: Owner,
    private readonly cases: readonly ChangeCase[],
  ) {}

  async prepare(): Promise<void> {
    this.#ready = await Promise.all(
      this.cases.map((one) => prepareChange(this.world, one, this.#anotherAppid())),
    );
  }

  /** Makes WeChat hold the call of each change, or the first read before it. */
  async hang(when: 'before' | 'after', what: 'call' | 'first read' = 'call'): Promise<void> {
    const faults = this.#ready.map(({ one, appid }) => {
      const api = what === 'call' ? one.api : '*';
      return this.world.sim.addFault({ api, appid, kind: 'hang', when });
    });
    this.#faults = (await Promise.all(faults)).map(({ id }) => id);
  }

  async untilHung(): Promise<void> {
    await eventually(async () => {
      const faults = await Promise.all(this.#faults.map((id) => this.world.sim.fault(id)));
      return faults.every(({ held }) => held === 1);
    });
  }

  /** Makes WeChat answer the held calls. */
  async answer(): Promise<void> {
    await Promise.all(this.#faults.map((id) => this.world.sim.releaseFault(id)));
  }

  async untilAnswered(): Promise<void> {
    await eventually(async () => {
      const calls = await Promise.all(
        this.#ready.map(({ one, appid, since }) =>
          this.world.sim.calls({ appid, api: one.api, after: since }),
        ),
      );
      return calls.flat().every(({ endedAt }) => endedAt !== null);
    });
  }

  async begin(): Promise<void> {
    this.started = await Promise.all(this.#ready.map((ready) => begin(this.world, ready)));
  }

  /** Blocks further offset commits, because an earlier operation cannot be claimed. */
  async blockOffset(): Promise<void> {
    this.stopWorker();
    const appid = this.#anotherAppid();
    const { id } = await this.world.change('SetSupportVersion', { appid, version: '1.1.0' });
    this.#earlier = await lockOperations(this.world, [id]);
    this.owner.worker.kill('SIGCONT');
    await this.#earlier.untilWaiting();
  }

  async releaseOffset(): Promise<void> {
    await this.#earlier?.terminateWaiters();
    await this.#earlier?.release();
  }

  lockOperations(): Promise<DatabaseLock> {
    return lockOperations(this.world, this.#ids());
  }

  async untilAll(state: string): Promise<void> {
    const unlike = 'select from operations where id = any($1) and state <> $2';
    await eventually(async () => (await this.world.sql(unlike, [this.#ids(), state])).length === 0);
  }

  stopWorker(): void {
    this.owner.worker.kill('SIGSTOP');
  }

  /** The mini-programs of the published outcomes. */
  published(): string[] {
    return this.started.flatMap(({ appid, operation }) =>
      outcomesOf(this.world, appid, operation.id).map(() => appid),
    );
  }

  finalResults() {
    return Promise.all(this.started.map((started) => finalResult(this.world, started)));
  }

  #anotherAppid(): string {
    return newAppidOf(this.owner.partition, this.world.stack.workers.length);
  }

  #ids(): string[] {
    return this.started.map(({ operation }) => operation.id);
  }
}
