import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { takeHome } from './home.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'home-spec-'));
  for (const name of ['platform.json', 'postgres', 'logs']) await writeFile(join(home, name), '');
});
afterEach(() => rm(home, { recursive: true, force: true }));

it.each([
  ['unchanged by default', { fresh: false, keep: [] }, ['logs', 'platform.json', 'postgres']],
  ['empty with fresh', { fresh: true, keep: [] }, []],
  ['empty but for the names in keep', { fresh: true, keep: ['platform.json'] }, ['platform.json']],
])('takeHome leaves the folder %s', async (_what, options, left) => {
  const leave = await takeHome(home, options);
  expect((await readdir(home)).sort()).toEqual([...left, 'running'].sort());
  await leave();
  expect((await readdir(home)).sort()).toEqual(left);
});
