import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contender.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FOLDER = join(ROOT, 'bench/contenders');
const COMPILER = join(ROOT, 'node_modules/typescript-native/bin/tsc');

/** The program that works off the jobs of one contender. */
export const WORKER = join(FOLDER, 'dist/work.js');

/** Installs the contenders as their lock file says, unless that is done, and builds their programs. */
export async function install(tell: (line: string) => void): Promise<Record<string, Contender>> {
  if (!(await isInstalled())) {
    tell('installing the contenders (npm ci in bench/contenders) …');
    await run('npm', ['ci', '--progress', '--loglevel=error']);
  }
  await run(process.execPath, [COMPILER, '-p', '.']);
  return (await import(join(FOLDER, 'dist/contenders.js'))).contenders;
}

/** npm writes what it has installed beside it, once it is done. */
async function isInstalled(): Promise<boolean> {
  const wanted = JSON.parse(await text('package-lock.json')).packages;
  const found = JSON.parse(await text('node_modules/.package-lock.json').catch(() => '{}')).packages ?? {};
  return Object.entries<{ version?: string; optional?: boolean }>(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || found[path]?.version === version,
  );
}

function text(path: string): Promise<string> {
  return readFile(join(FOLDER, path), 'utf8');
}

function run(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // What it says goes to where our own progress goes.
    const child = spawn(command, args, { cwd: FOLDER, stdio: ['ignore', process.stderr, process.stderr] });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(' ')} ended with ${code}`)),
    );
  });
}
