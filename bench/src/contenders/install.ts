import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contender.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FOLDER = join(ROOT, 'bench/contenders');
const COMPILER = join(ROOT, 'node_modules/typescript-native/bin/tsc');

/** The worker program of the contenders. */
export const WORKER = join(FOLDER, 'dist/work.js');

/** Installs the contenders if their lock file is newer than what is installed, and builds their programs. */
export async function install(log: (line: string) => void): Promise<Record<string, Contender>> {
  if ((await modifiedAt('node_modules/.package-lock.json')) < (await modifiedAt('package-lock.json'))) {
    log('installing the contenders (npm ci in bench/contenders) …');
    await run('npm', ['ci', '--progress', '--loglevel=error']);
  }
  await run(process.execPath, [COMPILER, '-p', '.']);
  return (await import(join(FOLDER, 'dist/contenders.js'))).contenders;
}

/** Epoch milliseconds; 0 if there is no such file. */
async function modifiedAt(path: string): Promise<number> {
  return (await stat(join(FOLDER, path)).catch(() => undefined))?.mtimeMs ?? 0;
}

async function run(command: string, args: string[]): Promise<void> {
  // Standard error, like the progress of the benchmark.
  const child = spawn(command, args, { cwd: FOLDER, stdio: ['ignore', process.stderr, process.stderr] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
}
