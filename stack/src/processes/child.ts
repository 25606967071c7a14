import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { tieProcess, untieProcess } from './lifeline.js';
import { knownFault, StackError, WrongConfiguration } from './stack-error.js';

/** EX_CONFIG of sysexits.h: the exit code of our apps for an invalid configuration. */
const WRONG_CONFIGURATION = 78;
const LAST_LINES = 20;
const ENDING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGKILL'];

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export type ChildOptions = {
  name: string;
  command: string;
  args: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Receives stdout and stderr; appended to. */
  logFile: string;
};

/**
 * A child process in a process group of its own, so that Ctrl-C in a terminal reaches this process first. It is
 * killed when this process ends.
 */
export class Child {
  readonly exited: Promise<Exit>;
  /** Whether this process has sent it a signal that ends it. */
  isToEnd = false;
  private exit: Exit | undefined;

  private constructor(
    readonly name: string,
    private readonly log: { file: string; from: number },
    private readonly process: ChildProcess,
  ) {
    this.exited = new Promise((resolve) => {
      process.once('exit', (code, signal) => {
        if (process.pid !== undefined) untieProcess(process.pid);
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
  }

  /** Resolves when the process runs; rejects with code ENOENT if the command does not exist. */
  static async start(options: ChildOptions): Promise<Child> {
    mkdirSync(dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, 'a');
    const from = fstatSync(log).size;
    try {
      const spawned = spawn(options.command, options.args, {
        cwd: options.cwd,
        env: options.env ?? process.env,
        detached: true,
        stdio: ['ignore', log, log],
      });
      if (spawned.pid !== undefined) tieProcess(spawned.pid);
      const child = new Child(options.name, { file: options.logFile, from }, spawned);
      await new Promise<void>((resolve, reject) => {
        spawned.once('spawn', resolve);
        spawned.once('error', reject);
      });
      return child;
    } finally {
      closeSync(log);
    }
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get running(): boolean {
    return this.exit === undefined;
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.running) return;
    this.isToEnd ||= ENDING.includes(signal);
    this.process.kill(signal);
  }

  /** Sends `signal`, waits at most `graceMs`, then kills the whole group. */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<Exit> {
    if (this.exit) return this.exit;
    this.kill(signal);
    // A stopped process handles the signal only when it is continued.
    this.kill('SIGCONT');
    const timer = setTimeout(() => this.killGroup(), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Rejects when the process exits; for a race against what is awaited. */
  async failure(): Promise<never> {
    const { code, signal } = await this.exited;
    const output = await this.lastLines();
    if (code === WRONG_CONFIGURATION) throw new WrongConfiguration(this.name, output);
    const how = signal ?? `exit ${code}`;
    throw (
      knownFault(output, this.name) ??
      new StackError(`${this.name} exited while starting (${how}). Last lines of its log:\n${output}`)
    );
  }

  /** The last lines that this process wrote to its log, without those of earlier runs. */
  async lastLines(): Promise<string> {
    const bytes = await readFile(this.log.file).catch(() => Buffer.alloc(0));
    const text = bytes.subarray(this.log.from).toString();
    return text.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  }

  private killGroup(): void {
    if (this.process.pid === undefined || this.exit) return;
    try {
      process.kill(-this.process.pid, 'SIGKILL');
    } catch {
      // It has just exited.
    }
  }
}
