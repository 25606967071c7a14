import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '@wxa/stack';
import { stoppedWhileConnecting } from './frozen-connection.js';

/** An app exits within 10 s of SIGTERM; one that does not is reported and killed. */
const STOPS_WITHIN_MS = 12_000;
/** An app that exits while starting is restarted after a pause. */
const RESTART_PAUSE_MS = 500;
const READY_WITHIN_MS = 60_000;
const POLL_MS = 50;

const yes = () => true;
const no = () => false;

/** A gateway or worker that is restarted whenever it exits, as an orchestrator would do. */
export class RestartedApp {
  #closed = false;
  #downMs = RESTART_PAUSE_MS;
  #isInjected = false;

  /** @param report is called for what is not an injected fault: an exit by itself, a slow stop. */
  constructor(
    private readonly app: App,
    private readonly report: (what: string, name: string) => void,
  ) {
    void this.#keep();
  }

  get name(): string {
    return this.app.name;
  }

  /** Sends `signal`, keeps the app down for `downMs`, and resolves when it has been restarted. */
  async end(signal: NodeJS.Signals, downMs: number): Promise<string> {
    this.#isInjected = true;
    this.#downMs = downMs;
    const { exited } = this.app;
    this.app.kill(signal);
    await this.#orKill(exited);
    // #keep restarts it.
    do await delay(POLL_MS);
    while (!this.app.running && !this.#closed);
    return this.name;
  }

  /** Suspends it for `ms`, or until `over` is aborted. */
  async freeze(ms: number, over: AbortSignal): Promise<string> {
    this.app.kill('SIGSTOP');
    await delay(ms, undefined, { signal: over }).catch(no);
    this.app.kill('SIGCONT');
    return this.name;
  }

  /**
   * Suspends it when its next connection is established; `connect` makes it open one. The returned name says so
   * if it opened none.
   */
  async freezeConnecting(ms: number, over: AbortSignal, connect: () => Promise<unknown>): Promise<string> {
    // A process that does not handle the signal yet would be killed by it.
    await this.ready();
    if (!this.app.running) return `${this.name} (was not running)`;
    const { pid } = this.app;
    this.app.kill('SIGUSR2');
    await connect();
    const stopped = await stoppedWhileConnecting(pid);
    if (stopped) await delay(ms, undefined, { signal: over }).catch(no);
    this.app.kill('SIGCONT');
    return stopped ? this.name : `${this.name} (made no connection)`;
  }

  /** Resolves when it is ready; reports if that takes more than a minute. */
  async ready(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!this.#closed && Date.now() < deadline) {
      // An app that exits while starting, for example without its database, is restarted by #keep.
      const isReady = this.app.running && (await this.app.waitReady().then(yes, no));
      if (isReady) return;
      await delay(POLL_MS);
    }
    if (!this.#closed) this.report('was not ready within a minute', this.name);
  }

  /** Kills it and does not restart it: it has no work left. */
  close(): void {
    this.#closed = true;
    if (this.app.running) this.app.kill('SIGKILL');
  }

  async #keep(): Promise<void> {
    while (!this.#closed) {
      const { code, signal } = await this.app.exited;
      if (this.#closed) return;
      if (!this.#isInjected) this.report(`exited unexpectedly (${signal ?? `exit ${code}`})`, this.name);
      this.#isInjected = false;
      await delay(this.#downMs);
      this.#downMs = RESTART_PAUSE_MS;
      if (!this.#closed) await this.app.start();
    }
  }

  async #orKill(exited: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => {
      this.report(`did not stop within ${STOPS_WITHIN_MS / 1000} s`, this.name);
      this.app.kill('SIGKILL');
    }, STOPS_WITHIN_MS);
    await exited;
    clearTimeout(timer);
  }
}
