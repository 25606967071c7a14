import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { tokenFrom } from '@wxa/service';
import { useFolder } from '../use-folder.js';

const MINUTE_MS = 60_000;

const folder = useFolder();

/** A command that prints a token and counts how often it was run. */
function command(printed: string): [string, ...string[]] {
  const script = `require('fs').appendFileSync(process.argv[1], '.'); process.stdout.write(process.argv[2])`;
  return [process.execPath, '-e', script, join(folder, 'runs'), printed];
}

const runs = async () => (await readFile(join(folder, 'runs'), 'utf8')).length;

it('A token is used until a minute before it expires, and concurrent connections share one run', async () => {
  const expiresAt = Date.parse('2027-01-01T00:00:00Z');
  let now = expiresAt - 10 * MINUTE_MS;
  const token = tokenFrom(command('{"token":"t1","expiresAt":"2027-01-01T00:00:00Z"}\n'), () => now);
  expect(await Promise.all([token(), token()])).toEqual([{ value: 't1' }, { value: 't1' }]);
  now = expiresAt - MINUTE_MS - 1;
  await token();
  expect(await runs()).toBe(1);
  now += 1;
  await token();
  expect(await runs()).toBe(2);
});

it.each(['secret', '{}', '{"token":"secret"}', '{"token":"secret","expiresAt":"soon"}'])(
  'Output that is no token is an error that does not contain it: %s',
  async (printed) => {
    await expect(tokenFrom(command(printed))()).rejects.toThrow(
      new Error('KAFKA_SASL_TOKEN_COMMAND: the command did not print {"token","expiresAt"}'),
    );
  },
);
