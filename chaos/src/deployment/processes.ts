import { setTimeout as delay } from 'node:timers/promises';
import type { App, Exit, ServerProcess } from '@wxa/stack';
import { stoppedWhileConnecting } from './frozen-connection.js';

/** An app exits within 10 s of SIGTERM; one that does not is reported and killed. */
const STOPS_WITHIN_MS = 12_000;
/** A process that exits by itself, for example an app without its database, is restarted after a pause. */
const RESTART_PAUSE_MS = 500;
/** A timer of Node waits no longer. */
const FOR_EVER_MS = 2 ** 31 - 1;
const READY_WITHIN_MS = 60_000;
const POLL_MS = 50;

const yes = () => true;
const no = () => false;

/** In milliseconds, or what is done while the process is down. */
type DownTime = number | (() => Promise<unknown>);

/** Ends and suspends processes of the deployment, which the stack restarts, as an orchestrator would do. */
export class Processes {
  readonly #closed = new AbortController();
  /** Aborted when nothing is restarted any more. */
  readonly #over: AbortSignal;
  /** How long the processes that a fault ends stay down, by name. */
  readonly #downMs = new Map<string, DownTime>();

  /** @param report is called for what is not an injected fault: an exit by itself, a slow stop. */
  constructor(
    private readonly report: (what: string, name: string) => void,
    signal: AbortSignal,
  ) {
    this.#over = AbortSignal.any([signal, this.#closed.signal]);
  }

  /** The pause before a process that has exited is restarted, in milliseconds. */
  readonly restartPause = async (name: string, { code, signal }: Exit): Promise<number> => {
    const downMs = this.#downMs.get(name);
    this.#downMs.delete(name);
    if (downMs === undefined) this.report(`exited unexpectedly (${signal ?? `exit ${code}`})`, name);
    if (typeof downMs !== 'function') return downMs ?? RESTART_PAUSE_MS;
    await downMs();
    return 0;
  };

  /** Sends `signal`, keeps the process down for `downMs`, and resolves with its name when it has been restarted. */
  async end(target: App | ServerProcess, signal: NodeJS.Signals, downMs: DownTime): Promise<string> {
    const { name, pid, exited } = target;
    this.#downMs.set(name, downMs);
    // It has exited by itself and is being restarted.
    if (!send(pid, signal)) this.#downMs.delete(name);
    const timer = setTimeout(() => {
      this.report(`did not stop within ${STOPS_WITHIN_MS / 1000} s`, name);
      send(pid, 'SIGKILL');
    }, STOPS_WITHIN_MS);
    await exited;
    clearTimeout(timer);
    while (target.pid === pid && !this.#over.aborted) await delay(POLL_MS);
    return name;
  }

  /** Ends an app that is not started again. */
  async retire(app: App): Promise<void> {
    await this.ready([app]);
    this.#downMs.set(app.name, FOR_EVER_MS);
    await app.stop();
  }

  /** Suspends an app for `ms`, or until `over` is aborted. */
  async freeze(app: App, ms: number, over: AbortSignal): Promise<string> {
    app.kill('SIGSTOP');
    await delay(ms, undefined, { signal: over }).catch(no);
    app.kill('SIGCONT');
    return app.name;
  }

  /**
   * Suspends an app when its next connection is established; `connect` makes it open one. The returned name says so
   * if it opened none.
   */
  async freezeConnecting(app: App, ms: number, over: AbortSignal, connect: () => Promise<unknown>) {
    // A process that does not handle the signal yet would be killed by it.
    await this.ready([app]);
    if (!app.running) return `${app.name} (was not running)`;
    const { pid } = app;
    app.kill('SIGUSR2');
    await connect();
    const stopped = await stoppedWhileConnecting(pid);
    if (stopped) await delay(ms, undefined, { signal: over }).catch(no);
    app.kill('SIGCONT');
    return stopped ? app.name : `${app.name} (made no connection)`;
  }

  /** Resolves when all of them are ready; reports those that take more than a minute. */
  async ready(apps: readonly App[]): Promise<void> {
    await Promise.all(apps.map((app) => this.#ready(app)));
  }

  /** No process is awaited or reported any more. */
  close(): void {
    this.#closed.abort();
  }

  async #ready(app: App): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!this.#over.aborted && Date.now() < deadline) {
      // An app that exits while starting is restarted.
      const isReady = app.running && (await app.waitReady().then(yes, no));
      if (isReady) return;
      await delay(POLL_MS);
    }
    if (!this.#over.aborted) this.report('was not ready within a minute', app.name);
  }
}

/** Returns false if the process has exited already. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
