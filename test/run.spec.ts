import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { eventually } from './eventually.js';
import { useFolder } from './use-folder.js';

const folder = useFolder();

it('SIGTERM to npm test ends Jest and the files that it runs', async () => {
  const started = join(folder, 'started');
  const spec = `import { writeFileSync } from 'node:fs';
import { it } from '@jest/globals';
it('waits', () => new Promise(() => setInterval(() => writeFileSync('${started}', ''), 10)));
`;
  writeFileSync(join(folder, 'waits.mjs'), spec);
  const runner = join(import.meta.dirname, 'runner/runner.js');
  const files = { rootDir: folder, testMatch: ['**/*.mjs'], moduleFileExtensions: ['js', 'mjs'] };
  const config = { ...files, runner, testTimeout: 300_000 };
  const run = spawn(process.execPath, [
    join(import.meta.dirname, 'run.js'),
    '--config',
    JSON.stringify(config),
  ]);
  await eventually(() => existsSync(started));
  run.kill('SIGTERM');
  // Its output closes when all processes have ended that share it.
  await once(run, 'close');
  expect(run.exitCode).not.toBe(0);
});
