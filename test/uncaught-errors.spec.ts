import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';

const SERVICE = new URL('../libs/service/dist/index.js', import.meta.url).href;

/** Runs a program that fails as `failure` says. */
function run(failure: string) {
  const program = `
    import { createLogger, exitOnUncaught } from '${SERVICE}';
    exitOnUncaught(createLogger('test', 'info'));
    setInterval(() => undefined, 1000);
    ${failure}`;
  const args = ['--input-type=module', '--eval', program];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 15_000 });
  const lines = stdout.trim().split('\n');
  return { status, stderr, lines: lines.map((line) => JSON.parse(line)) };
}

const fatal = (msg: string, more: object) =>
  expect.objectContaining({ level: 'fatal', app: 'test', msg, ...more });
const SOME_FRAMES = expect.arrayContaining([expect.stringMatching(/^at /)]);

describe('exitOnUncaught', () => {
  it('An uncaught exception is one fatal line with its message and frames, and the exit code 1', () => {
    const { status, stderr, lines } = run(`setTimeout(() => { throw new TypeError('x is wrong'); });`);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(lines).toEqual([
      fatal('uncaught exception', { type: 'TypeError', message: 'x is wrong', stack: SOME_FRAMES }),
    ]);
  });

  it('An unhandled rejection is one fatal line, without the value if that is no error', () => {
    const { status, stderr, lines } = run(`Promise.reject({ password: 'secret' });`);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(lines).toEqual([fatal('unhandled rejection', { type: 'object' })]);
  });
});
