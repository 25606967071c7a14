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
    await execute('npm', ['ci', '--progress', '--loglevel=error'], FOLDER);
  }
  await execute(process.execPath, [COMPILER, '-p', '.'], FOLDER);
  return (await import(join(FOLDER, 'dist/contenders.js'))).contenders;
}

/** Epoch milliseconds; 0 if there is no such file. */
async function modifiedAt(path: string): Promise<number> {
  return (await stat(join(FOLDER, path)).catch(() => undefined))?.mtimeMs ?? 0;
}

/** Runs a program whose output goes to stderr, like the progress of the benchmark. */
export async function execute(command: string, args: string[], cwd: string): Promise<void> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 2, 2] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} in ${cwd}: exit ${code}`);
}
