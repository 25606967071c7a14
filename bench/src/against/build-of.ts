import { execFile } from 'node:child_process';
import { cp, glob, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder, exists } from '@wxa/stack';
import { execute } from '../contenders/install.js';

const HERE = fileURLToPath(new URL('../../..', import.meta.url));

/** A built checkout of this repository. */
export interface Build {
  /** The first eight digits of its commit. */
  commit: string;
  folder: string;
}

/**
 * Builds a commit of this repository in the user's cache folder, unless it is there already. If its package-lock.json is
 * the working tree's, so are its packages; otherwise npm installs them.
 */
export async function buildOf(ref: string, log: (line: string) => void): Promise<Build> {
  const commit = await git('rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`);
  const folder = join(cacheFolder(), 'builds', commit);
  const build = { commit: commit.slice(0, 8), folder };
  const isBuilt = join(folder, '.built');
  if (await exists(isBuilt)) return build;
  log(`checking out ${build.commit} to ${folder} …`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await execute('sh', ['-ec', 'git archive "$1" | tar -x -C "$2"', 'sh', commit, folder], HERE);
  if (await hasSamePackages(folder)) await linkPackages(folder);
  else {
    log('npm ci, because its packages are other ones …');
    await execute('npm', ['ci', '--no-audit', '--no-fund'], folder);
  }
  log('npm run build …');
  await execute('npm', ['run', '--silent', 'build'], folder);
  await writeFile(isBuilt, '');
  return build;
}

async function hasSamePackages(folder: string): Promise<boolean> {
  const [theirs, ours] = await Promise.all(
    [folder, HERE].map((root) => readFile(join(root, 'package-lock.json'), 'utf8')),
  );
  return theirs === ours;
}

/** Links each package by itself: the links of the workspaces, which are relative, must lead to the checkout's own. */
async function linkPackages(folder: string): Promise<void> {
  const from = join(HERE, 'node_modules');
  const to = join(folder, 'node_modules');
  await cp(join(from, '@wxa'), join(to, '@wxa'), { recursive: true, verbatimSymlinks: true });
  const names = (await readdir(from)).filter((name) => name !== '@wxa' && name !== '.cache');
  await Promise.all(names.map((name) => symlink(join(from, name), join(to, name))));
  const { workspaces } = JSON.parse(await readFile(join(HERE, 'package.json'), 'utf8'));
  const own = workspaces.map((workspace: string) => `${workspace}/node_modules`);
  for await (const path of glob(own, { cwd: HERE })) await symlink(join(HERE, path), join(folder, path));
}

async function git(...args: string[]): Promise<string> {
  return (await promisify(execFile)('git', ['-C', HERE, ...args])).stdout.trim();
}
