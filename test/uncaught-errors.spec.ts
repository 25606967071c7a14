import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';

const SERVICE = new URL('../libs/service/dist/index.js', import.meta.url).href;

/** Runs a program that fails as `failure` says. */
function run(failure: string) {
  const program = `
    import { createLogger, exitOnUncaught } from '${SERVICE}';
    const logger = createLogger('test', 'info');
    exitOnUncaught(logger);
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

it('An uncaught exception is one fatal line with its message and frames, and the exit code 1', () => {
  const { status, stderr, lines } = run(`setTimeout(() => { throw new TypeError('x is wrong'); });`);
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(lines).toEqual([
    fatal('uncaught exception', { type: 'TypeError', message: 'x is wrong', stack: SOME_FRAMES }),
  ]);
});

it('All lines before the fatal one are written, in their order', () => {
  const { lines } = run(`
      for (let n = 0; n < 2_000; n += 1) logger.info({ n, text: 'x'.repeat(100) }, 'stopping');
      throw new Error('x is wrong');`);
  expect(lines.slice(0, -1).map(({ n }) => n)).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
  expect(lines.at(-1)).toEqual(fatal('uncaught exception', { message: 'x is wrong' }));
});

it('An unhandled rejection is one fatal line, without the value if that is no error', () => {
  const { status, stderr, lines } = run(`Promise.reject({ password: 'secret' });`);
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(lines).toEqual([fatal('unhandled rejection', { type: 'object' })]);
});
