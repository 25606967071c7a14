import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { freePort } from '@wxa/stack';
import { eventually } from './eventually.js';

const ROOT = new URL('..', import.meta.url);

it.each<NodeJS.Signals>(['SIGTERM', 'SIGINT'])(
  'a program that npm runs ends with npm on %s',
  async (signal) => {
    const address = `127.0.0.1:${await freePort()}`;
    const env = { ...process.env, SIM_ADDR: address };
    const npm = spawn('npm', ['run', '--silent', 'start:sim'], { cwd: ROOT, env, stdio: 'ignore' });
    const answers = () => fetch(`http://${address}/sim/healthz`).then(({ ok }) => ok);
    await eventually(answers);
    const exited = once(npm, 'exit');
    npm.kill(signal);
    await exited;
    await eventually(() =>
      answers().then(
        () => false,
        () => true,
      ),
    );
  },
  40_000,
);

it('a shell between npm and a program would keep signals to itself: each takes its place', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
  for (const name of ['start', 'start:gateway', 'start:worker', 'start:sim', 'migrate', 'dlq'])
    expect([name, scripts[name]]).toEqual([name, expect.stringMatching(/^exec node /)]);
});
