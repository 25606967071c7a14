import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@wxa/stack';

const MAIN = fileURLToPath(new URL('../../stack/dist/main.js', import.meta.url));
/** Longer than a start takes beside much other work: 45 s at a load average of 20. */
export const START_MS = 240_000;
const ADDRESSES = ['GRPC_ADDR', 'HTTP_ADDR', 'WORKER_HTTP_ADDR', 'CONSOLE_ADDR'];
const FREE_PORTS = Object.fromEntries(ADDRESSES.map((name) => [name, '127.0.0.1:0']));

/** Runs the program behind `npm start` in a temporary folder, to find what it leaves. */
export class NpmStart {
  readonly folder = mkdtempSync(join(tmpdir(), 'stack-spec-'));
  private readonly runs: Run[] = [];

  start(args: string[], env: NodeJS.ProcessEnv = {}): Run {
    const own = { STACK_HOME: join(this.folder, 'home'), TMPDIR: this.folder, ...FREE_PORTS };
    // As under npm, the program ends with its parent, so also with an aborted test run.
    const lifecycle = { npm_lifecycle_event: 'start' };
    const outside = { DATABASE_URL: '', KAFKA_BROKERS: '', WECHAT_API_URL: '' };
    const all = { ...process.env, ...lifecycle, ...outside, ...own, ...env };
    const run = new Run(spawn(process.execPath, [MAIN, ...args], { env: all }));
    this.runs.push(run);
    return run;
  }

  /** The running processes with this folder in their command line or environment. */
  async processes(): Promise<{ pid: number; command: string }[]> {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const all = await Promise.all(pids.map(Number).map(describeProcess));
    return all.filter(({ text }) => text.includes(this.folder)).map(({ pid, command }) => ({ pid, command }));
  }

  /** Resolves when no process is left; rejects after 2 s. */
  async leavesNothing(): Promise<void> {
    const nothing = async () => {
      const left = (await this.processes()).map(({ command }) => command);
      if (left.length > 0) throw new Error(`left: ${left.join('; ')}`);
    };
    await waitUntil(nothing, { name: 'an end of all processes', timeoutMs: 2000 });
  }

  /** A folder for PATH that contains only these tools. */
  toolsOnly(tools: [name: string, path: string][]): string {
    const path = mkdtempSync(join(this.folder, 'path-'));
    for (const [name, target] of tools) symlinkSync(target, join(path, name));
    return path;
  }

  which(name: string): string {
    const folders = (process.env.PATH ?? '').split(':');
    const found = folders.find((folder) => existsSync(join(folder, name)));
    if (found === undefined) throw new Error(`no ${name} in PATH`);
    return join(found, name);
  }

  async end(): Promise<void> {
    await Promise.all(this.runs.map((run) => run.end()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

export class Run {
  out = '';
  err = '';
  private readonly closed: Promise<unknown[]>;

  constructor(readonly process: ChildProcess) {
    this.closed = once(process, 'close');
    process.stdout?.on('data', (chunk) => {
      this.out += chunk;
    });
    process.stderr?.on('data', (chunk) => {
      this.err += chunk;
    });
  }

  async exitCode(): Promise<unknown> {
    return (await this.closed)[0];
  }

  async says(text: string): Promise<void> {
    const gone = new AbortController();
    void this.exitCode().then((code) => gone.abort(new Error(`exit ${code}: ${this.err}`)));
    const said = async () => {
      if (!this.out.includes(text)) throw new Error(`it said: ${this.out}${this.err}`);
    };
    await waitUntil(said, { name: text, timeoutMs: START_MS, signal: gone.signal });
  }

  async end(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGTERM');
    await this.closed;
  }
}

/** An address that `npm start` printed. */
export function addressOf({ out }: Run, name: string): string {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(out)?.[1] ?? '';
}

async function describeProcess(pid: number) {
  const read = async (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
  const command = (await read('cmdline')).split('\0').join(' ');
  return { pid, command, text: command + (await read('environ')) };
}
