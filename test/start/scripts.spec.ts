import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

const ROOT = new URL('../..', import.meta.url);

it('The start and migrate scripts replace the shell with exec, because a shell would not forward the signals of npm', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
  for (const name of ['start', 'start:gateway', 'start:worker', 'start:console', 'start:sim', 'migrate'])
    expect([name, scripts[name]]).toEqual([name, expect.stringMatching(/^exec node /)]);
});

it.each([
  'apps/gateway/dist/bundle.js',
  'apps/release-worker/dist/bundle.js',
  'apps/cli/dist/main.js',
  'apps/wechat-sim/dist/bundle.js',
  'stack/dist/main.js',
])('%s exits with 78 and one line that names the version if its Node is older than 24', (program) => {
  const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'22.9.0'})";
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', older, program], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
  expect(stderr).toMatch(/^Node 22\.9\.0 is too old: version 24 or newer is required\..*\n$/);
});
