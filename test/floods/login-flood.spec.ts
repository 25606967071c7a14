import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { formatUsers, hashPassword } from '@wxa/policy';
import { App, freePort } from '@wxa/stack';

const MAIN = fileURLToPath(new URL('../../apps/console/dist/main.js', import.meta.url));
const PASSWORD = 'correct horse battery';
const FLOOD = 200;
let folder: string;
let app: App;
let origin: string;

/** A console behind a proxy of this machine, which forwards the addresses of its visitors; its gateway is never reached. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxa-flood-'));
  const usersFile = join(folder, 'users.json');
  const hash = await hashPassword(PASSWORD);
  await writeFile(usersFile, formatUsers([{ name: 'zhang', role: 'operator', hash }]));
  const [address, gateway] = [await freePort(), await freePort()];
  origin = `http://127.0.0.1:${address}`;
  app = new App({
    name: 'console',
    script: MAIN,
    env: {
      CONSOLE_ADDR: `127.0.0.1:${address}`,
      CONSOLE_SECRET: randomBytes(32).toString('base64'),
      CONSOLE_TRUSTED_PROXIES: '127.0.0.1',
      CONSOLE_USERS_FILE: usersFile,
      GATEWAY_ADDR: `127.0.0.1:${gateway}`,
    },
    logFile: join(folder, 'console.log'),
    readyUrl: `${origin}/healthz`,
  });
  await app.start();
  await app.waitReady();
});
afterAll(async () => {
  await app?.stop();
  await rm(folder, { recursive: true });
});

/** The status of a login of a visitor. @param forwarded what the visitor sent, and the address that the proxy added. */
async function logIn(name: string, password: string, forwarded: string): Promise<number> {
  const headers = { origin, 'x-forwarded-for': forwarded, 'content-type': 'application/json' };
  const body = JSON.stringify({ name, password });
  return (await fetch(`${origin}/login`, { method: 'POST', redirect: 'manual', headers, body })).status;
}

it('While one address floods the login with names and forged addresses, a user logs in from another', async () => {
  const flood = Array.from({ length: FLOOD }, (_, i) => logIn(`name ${i}`, 'x', `10.0.0.${i}, 203.0.113.9`));
  expect(await Promise.any(flood.map(isRefused))).toBe(true);
  expect(await logIn('zhang', PASSWORD, '203.0.113.10')).toBe(200);
  const statuses = await Promise.all(flood);
  // The flood may last so long that a few more attempts are due.
  expect(statuses.filter((status) => status === 401).length).toBeLessThan(FLOOD / 4);
  expect(statuses.every((status) => status === 401 || status === 429)).toBe(true);
});

async function isRefused(sent: Promise<number>): Promise<true> {
  if ((await sent) !== 429) throw new Error('checked');
  return true;
}
