import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { SealedCookies } from '@wxa/console';
import { jwtDecrypt } from 'jose';
import { ApiUser } from './api-user.js';
import { ConsoleProcess, SECRET, USER } from './console-process.js';
import { Visitor } from './visitor.js';

let pages: ConsoleProcess;
let session: Record<string, unknown>;
beforeAll(async () => {
  pages = await ConsoleProcess.new({ CONSOLE_IDLE_MINUTES: '30' });
  await pages.start();
  const visitor = new Visitor(pages.origin);
  await visitor.logIn(USER);
  session = (await jwtDecrypt(visitor.cookie('wxa_session') ?? '', SECRET)).payload;
});
afterAll(() => pages?.remove());

/** The visitor of the same session whose user did nothing for some minutes. */
async function idleFor(minutes: number): Promise<Visitor> {
  const visitor = new Visitor(pages.origin);
  const activeAt = Math.floor(Date.now() / 1_000) - minutes * 60;
  const sealed = await new SealedCookies(SECRET).seal('session', { ...session, activeAt }, 3_600);
  visitor.setCookie('wxa_session', sealed);
  return visitor;
}

it('A session ends when its user did nothing for as long as the setting says, and a page that is opened prolongs it', async () => {
  expect(await (await idleFor(31)).isLoggedIn()).toBe(false);
  const visitor = await idleFor(29);
  expect(await visitor.isLoggedIn()).toBe(true);
  const before = visitor.cookie('wxa_session');
  await visitor.get('/login');
  const renewed = (await jwtDecrypt(visitor.cookie('wxa_session') ?? '', SECRET)).payload;
  expect(visitor.cookie('wxa_session')).not.toBe(before);
  expect(Number(renewed.activeAt)).toBeGreaterThan(Date.now() / 1_000 - 60);
  expect(renewed.formToken).toBe(session.formToken);
  expect(Number(renewed.exp)).toBeLessThanOrEqual(Math.ceil(Date.now() / 1_000) + 3_600);
});

it('Only the word of the application that its user is active prolongs a session: a late answer of a call would undo a log-out', async () => {
  const visitor = await idleFor(29);
  const headers = { cookie: `wxa_session=${visitor.cookie('wxa_session')}` };
  const user = await ApiUser.of(pages.origin, visitor);
  const answers = ['Audits/ListAudits', 'console/active'].map((rpc) => user.post(`/api/${rpc}`, {}, headers));
  const cookies = (await Promise.all(answers)).map((answer) => answer.headers.getSetCookie().length);
  expect(cookies).toEqual([0, 1]);
});
