import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StackPart } from '../plan/parts.js';
import type { Plan } from '../plan/plan.js';
import { Child, type Exit } from '../processes/child.js';
import { untilReady } from '../processes/wait.js';

/**
 * The size of V8's young generation in MiB (Node's default is 16). Most objects live as long as a call, so a
 * larger one means fewer collections that find less. The Dockerfile sets the same by NODE_OPTIONS.
 */
const NODE_FLAGS = ['--max-semi-space-size=32'];
/** Node keeps the compiled code of the modules there, which a later start loads instead of compiling them. */
const COMPILE_CACHE = fileURLToPath(new URL('../../../node_modules/.cache/node', import.meta.url));
/** Time after the app's own limit; see SHUTDOWN_GRACE_MS in docs/configuration.md. */
const MARGIN_MS = 5_500;
const DEFAULT_GRACE_MS = 9_500;

export type AppOptions = {
  name: string;
  /** The compiled program. */
  script: string;
  /** Further options for Node. */
  nodeFlags?: string[];
  env: Record<string, string>;
  logFile: string;
  /** Returns 200 when the app is ready. */
  readyUrl: string;
};

/** One process of the stack. It can be killed, stopped, continued and restarted, and keeps its address and log. */
export class App {
  private child: Child | undefined;
  /** Those sent by `kill`. */
  readonly signals = new Set<NodeJS.Signals>();
  /** How its processes ended that no `kill` or `stop` of this stack was to end. */
  readonly ownExits: Exit[] = [];

  constructor(
    private readonly options: AppOptions,
    private readonly signal?: AbortSignal,
  ) {}

  /** Changes settings of the processes that are started from now on; undefined removes one. */
  change(settings: Record<string, string | undefined>): void {
    for (const [name, value] of Object.entries(settings)) {
      if (value === undefined) delete this.options.env[name];
      else this.options.env[name] = value;
    }
  }

  get name(): string {
    return this.options.name;
  }

  get logFile(): string {
    return this.options.logFile;
  }

  get pid(): number {
    return this.current.pid;
  }

  get running(): boolean {
    return this.child?.running ?? false;
  }

  /** Resolves with how the most recently started process ended. */
  get exited(): Promise<Exit> {
    return this.current.exited;
  }

  /** Starts the process without waiting until it is ready. Does nothing while it runs. */
  async start(): Promise<void> {
    if (this.running) return;
    const { name, script, nodeFlags = [], env, logFile } = this.options;
    const child = await Child.start({
      name,
      command: process.execPath,
      args: [...NODE_FLAGS, ...nodeFlags, script],
      env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
      logFile,
    });
    this.child = child;
    void child.exited.then((exit) => {
      if (!child.isToEnd) this.ownExits.push(exit);
    });
  }

  /** Resolves when the app is ready. Rejects with a StackError that quotes its log if it exits or takes more than 2 minutes. */
  async waitReady(): Promise<void> {
    await untilReady(this.current, () => askReady(this.options.readyUrl), this.signal);
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.add(signal);
    this.current.kill(signal);
  }

  /** Sends SIGTERM, and SIGKILL if the app exceeds its limit. Returns null if the app was never started. */
  async stop(): Promise<Exit | null> {
    const { SHUTDOWN_DELAY_MS: delayMs = 0, SHUTDOWN_GRACE_MS: graceMs = DEFAULT_GRACE_MS } =
      this.options.env;
    return (await this.child?.stop('SIGTERM', Number(delayMs) + Number(graceMs) + MARGIN_MS)) ?? null;
  }

  private get current(): Child {
    if (!this.child) throw new Error(`${this.name} was not started`);
    return this.child;
  }
}

/** Starts one process and waits until it is ready. Its configuration errors are collected, not thrown. */
export async function startApp(
  { parts, logs }: Plan,
  turn: StackPart['turn'],
  one: Omit<AppOptions, 'logFile'>,
): Promise<App> {
  const app = new App({ ...one, logFile: join(logs, `${one.name}.log`) }, parts.signal);
  parts.add({ name: app.name, turn, stop: () => app.stop() });
  await app.start();
  await app.waitReady().catch((error) => parts.collect(error));
  return app;
}

async function askReady(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}
