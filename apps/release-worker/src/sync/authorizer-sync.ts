import { randomUUID } from 'node:crypto';
import type { Directory, StoredSync } from '@wxa/authorizers';
import { isUnavailable } from '@wxa/postgres';
import { every, Poller } from '@wxa/service';
import type { Store } from '@wxa/store';
import { SyncCalls, type SyncCallTools, SyncFailedError, SyncInterruptedError } from './sync-calls.js';
import { SyncRun, type SyncRunTools } from './sync-run.js';

/** Held by the worker that runs the sync; expires by itself if that worker is lost. */
export const SYNC_LEASE = 'authorizer-sync';
const POLL_MS = 2_000;
const LEASE_MS = 15_000;
const HOLD_EVERY_MS = 5_000;

export interface AuthorizerSyncTools extends SyncCallTools {
  leases: Pick<Store['leases'], 'hold' | 'release'>;
  store: SyncRunTools['store'] & Pick<Directory, 'nextSync' | 'endSync'>;
  recheck: SyncRunTools['recheck'];
  onNotRead: SyncRunTools['onNotRead'];
  /** 0: only an operator starts a sync. */
  everyMs: number;
  /** After each request for the lease. */
  onLease(isHeld: boolean): void;
  onFailure(error: unknown): void;
}

/** Runs the syncs of authorizers that persons start, and repeats them at an interval, in one worker at a time. */
export class AuthorizerSync {
  readonly #poller = new Poller(
    POLL_MS,
    () => this.poll(),
    (error) => this.tools.onFailure(error),
  );
  #running: AbortController | undefined;
  #isStopped = false;

  constructor(private readonly tools: AuthorizerSyncTools) {}

  start(): void {
    this.#poller.start();
  }

  /** Resolves when the calls in flight have ended; another worker continues the sync. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#running?.abort();
    await this.#poller.stop();
  }

  /** Runs the sync that is due, if there is one and this process gets the lease. */
  async poll(): Promise<void> {
    const { leases, onLease, onFailure, store, everyMs } = this.tools;
    if ((await store.nextSync(everyMs)) === undefined || this.#isStopped) return;
    const holder = randomUUID();
    const isHeld = await leases.hold(SYNC_LEASE, holder, LEASE_MS);
    onLease(isHeld);
    if (!isHeld) return;
    const running = new AbortController();
    this.#running = running;
    const renewal = every(HOLD_EVERY_MS, async () => {
      const isKept = await leases.hold(SYNC_LEASE, holder, LEASE_MS).catch(onFailure);
      if (isKept === false) running.abort();
    });
    try {
      // The process that held the lease before may have ended it meanwhile.
      const sync = await store.nextSync(0);
      if (sync !== undefined) await this.#run(sync, running.signal);
    } finally {
      renewal.end();
      this.#running = undefined;
      await leases.release(SYNC_LEASE, holder).catch(onFailure);
    }
  }

  /** While Postgres is unavailable, or if it is interrupted, the sync stays RUNNING, and is begun again. */
  async #run(sync: StoredSync, signal: AbortSignal): Promise<void> {
    const { store, onNotRead } = this.tools;
    const recheck = async (appid: string) => {
      if (signal.aborted) throw new SyncInterruptedError();
      return this.tools.recheck(appid);
    };
    const run = new SyncRun({ store, recheck, onNotRead, calls: new SyncCalls(this.tools, signal) }, sync);
    try {
      await run.run();
    } catch (error) {
      if (error instanceof SyncInterruptedError) return;
      if (isUnavailable(error)) throw error;
      if (!(error instanceof SyncFailedError)) this.tools.onFailure(error);
      return store.endSync(sync.id, run.progress, error instanceof Error ? error.message : String(error));
    }
    await store.endSync(sync.id, run.progress, null);
  }
}
