import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { concreteAddress, freePort } from './ports.js';

const PORTS = new URL('../../dist/processes/ports.js', import.meta.url).href;
const DRAW = `
  const { freePort } = await import('${PORTS}');
  const ports = await Promise.all(Array.from({ length: 300 }, () => freePort()));
  console.log(JSON.stringify(ports));
  await new Promise((resolve) => process.stdin.resume().once('end', resolve));`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ports-spec-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('freePort returns no port twice if processes with different TMPDIR allocate ports concurrently', async () => {
  const drawn = ['/tmp', '/var/tmp', folder].map((TMPDIR) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', DRAW], {
      env: { ...process.env, TMPDIR },
    }),
  );
  // All processes live until all have allocated their ports.
  await Promise.all(drawn.map(({ child }) => new Promise((resolve) => child.stdout?.once('data', resolve))));
  for (const { child } of drawn) child.stdin?.end();
  const ports = (await Promise.all(drawn)).flatMap(({ stdout }) => JSON.parse(stdout) as number[]);
  expect(new Set(ports).size).toBe(900);
}, 20_000);

it('concreteAddress refuses a port that a stack which still starts has chosen, although nothing listens on it yet', async () => {
  const port = await freePort();
  const choose = `const { concreteAddress } = await import('${PORTS}');
      await concreteAddress('127.0.0.1:${port}', 'CONSOLE_ADDR');`;
  const other = promisify(execFile)(process.execPath, ['--input-type=module', '-e', choose]);
  await expect(other).rejects.toThrow(/CONSOLE_ADDR: another stack of yours has the port \d+/);
  expect(await concreteAddress(`127.0.0.1:${port}`, 'CONSOLE_ADDR')).toBe(`127.0.0.1:${port}`);
}, 20_000);

it('freePort returns 1,000 different ports to one process', async () => {
  const ports = await Promise.all(Array.from({ length: 1000 }, () => freePort()));
  expect(new Set(ports).size).toBe(1000);
}, 20_000);
