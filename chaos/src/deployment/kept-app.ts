import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '@wxa/stack';
import { stoppedWhileConnecting } from './frozen-connection.js';

/** An app ends within 10 s of SIGTERM; one that does not is killed, and told of. */
const STOPS_WITHIN_MS = 12_000;
/** One that dies while it starts is not started again at once. */
const RESTART_PAUSE_MS = 500;
const READY_WITHIN_MS = 60_000;
const LOOK_MS = 50;

const yes = () => true;
const no = () => false;

/** A gateway or worker that is started again whenever it ends, as an orchestrator would. */
export class KeptApp {
  #closed = false;
  #downMs = RESTART_PAUSE_MS;
  #struck = false;

  /** @param tell gets what nobody asked for: an end by itself, a stop that took too long. */
  constructor(
    private readonly app: App,
    private readonly tell: (what: string, name: string) => void,
  ) {
    void this.#keep();
  }

  get name(): string {
    return this.app.name;
  }

  /** Ends it with `signal`, has it away for `downMs`, and resolves when it is started again. */
  async end(signal: NodeJS.Signals, downMs: number): Promise<string> {
    this.#struck = true;
    this.#downMs = downMs;
    const { exited } = this.app;
    this.app.kill(signal);
    await this.#orKill(exited);
    // It is the other loop that starts it.
    do await delay(LOOK_MS);
    while (!this.app.running && !this.#closed);
    return this.name;
  }

  /** Stops it for `ms`, or until `over` is aborted, without its noticing. */
  async freeze(ms: number, over: AbortSignal): Promise<string> {
    this.app.kill('SIGSTOP');
    await delay(ms, undefined, { signal: over }).catch(no);
    this.app.kill('SIGCONT');
    return this.name;
  }

  /**
   * The same, from the moment in which its next connection is set up. `connect` has it make one. Its name says so where
   * it made none.
   */
  async freezeConnecting(ms: number, over: AbortSignal, connect: () => Promise<unknown>): Promise<string> {
    // A process that has not come so far as to handle the signal would end by it.
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

  /** Resolves when it says it is ready; tells where that takes over a minute. */
  async ready(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!this.#closed && Date.now() < deadline) {
      // One that ends while it starts, as without its database, is started again by the other loop.
      const isReady = this.app.running && (await this.app.waitReady().then(yes, no));
      if (isReady) return;
      await delay(LOOK_MS);
    }
    if (!this.#closed) this.tell('was not ready within a minute', this.name);
  }

  /** Ends it for good, at once: all that it had to do is done. */
  close(): void {
    this.#closed = true;
    if (this.app.running) this.app.kill('SIGKILL');
  }

  async #keep(): Promise<void> {
    while (!this.#closed) {
      const { code, signal } = await this.app.exited;
      if (this.#closed) return;
      if (!this.#struck) this.tell(`ended by itself (${signal ?? `exit ${code}`})`, this.name);
      this.#struck = false;
      await delay(this.#downMs);
      this.#downMs = RESTART_PAUSE_MS;
      if (!this.#closed) await this.app.start();
    }
  }

  async #orKill(exited: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => {
      this.tell(`did not stop within ${STOPS_WITHIN_MS / 1000} s`, this.name);
      this.app.kill('SIGKILL');
    }, STOPS_WITHIN_MS);
    await exited;
    clearTimeout(timer);
  }
}
