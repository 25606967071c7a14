import { Child, type Exit } from '../processes/child.js';
import { untilReady } from '../processes/wait.js';

const READY_MS = 60_000;
/**
 * Room for what lives as long as a call, in MiB (Node's default is 16): nearly all of it is gone by the next collection,
 * and there are fewer. The Dockerfile gives the same by NODE_OPTIONS.
 */
const NODE_FLAGS = ['--max-semi-space-size=32'];
/** An app promises to end within 10 s of SIGTERM. */
const GRACE_MS = 15_000;

export type AppOptions = {
  name: string;
  /** The built program. */
  script: string;
  /** Runs it; absent: the Node of this process. */
  node?: string | undefined;
  /** Given to Node beside ours. */
  nodeFlags?: string[];
  env: Record<string, string>;
  logFile: string;
  /** Answers 200 when the app is ready. */
  readyUrl: string;
};

/** One process of the stack that tests may kill, stop, continue and start again; it keeps address and log. */
export class App {
  private child: Child | undefined;

  constructor(
    private readonly options: AppOptions,
    private readonly signal?: AbortSignal,
  ) {}

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

  /** How the process last started ended, once it does. */
  get exited(): Promise<Exit> {
    return this.current.exited;
  }

  /** Starts the process; it is not ready yet. Nothing happens while it runs. */
  async start(): Promise<void> {
    if (this.running) return;
    const { name, script, node = process.execPath, nodeFlags = [], env, logFile } = this.options;
    this.child = await Child.start({
      name,
      command: node,
      args: [...NODE_FLAGS, ...nodeFlags, script],
      env,
      logFile,
    });
  }

  /** Resolves when the app says it is ready; a StackError with its last lines when it ends or needs over 60 s. */
  async waitReady(): Promise<void> {
    await untilReady(this.current, () => askReady(this.options.readyUrl), {
      timeoutMs: READY_MS,
      signal: this.signal,
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.current.kill(signal);
  }

  /** SIGTERM, and after 15 s SIGKILL; null where it was never started. */
  async stop(): Promise<Exit | null> {
    return (await this.child?.stop('SIGTERM', GRACE_MS)) ?? null;
  }

  private get current(): Child {
    if (!this.child) throw new Error(`${this.name} was not started`);
    return this.child;
  }
}

async function askReady(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}
