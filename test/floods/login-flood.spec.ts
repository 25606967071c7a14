import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ConsoleProcess, USER } from '../console/console-process.js';

const FLOOD = 200;
let console: ConsoleProcess;

/** Behind a proxy of this machine, which forwards the addresses of its visitors. */
beforeAll(async () => {
  console = await ConsoleProcess.new({ CONSOLE_TRUSTED_PROXIES: '127.0.0.1' });
  await console.start();
});
afterAll(() => console?.remove());

/** The status of a login of a visitor. @param forwarded what the visitor sent, and the address that the proxy added. */
async function logIn(name: string, password: string, forwarded: string): Promise<number> {
  const { origin } = console;
  const headers = { origin, 'x-forwarded-for': forwarded, 'content-type': 'application/json' };
  const body = JSON.stringify({ name, password });
  return (await fetch(`${origin}/login`, { method: 'POST', redirect: 'manual', headers, body })).status;
}

it('While one address floods the login with names and forged addresses, a user logs in from another', async () => {
  const flood = Array.from({ length: FLOOD }, (_, i) => logIn(`name ${i}`, 'x', `10.0.0.${i}, 203.0.113.9`));
  expect(await Promise.any(flood.map(isRefused))).toBe(true);
  expect(await logIn(USER.name, USER.password, '203.0.113.10')).toBe(200);
  const statuses = await Promise.all(flood);
  // The flood may last so long that a few more attempts are due.
  expect(statuses.filter((status) => status === 401).length).toBeLessThan(FLOOD / 4);
  expect(statuses.every((status) => status === 401 || status === 429)).toBe(true);
});

async function isRefused(sent: Promise<number>): Promise<true> {
  if ((await sent) !== 429) throw new Error('checked');
  return true;
}
