import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort } from '@wxa/stack';
import { jwtDecrypt } from 'jose';
import { ConsoleProcess, SECRET, USER } from './console-process.js';
import { type Page, Visitor } from './visitor.js';

const ISSUER = fileURLToPath(new URL('issuer.js', import.meta.url));
let pages: ConsoleProcess;
let origin: string;
let issuer: string;
let provider: ChildProcess | undefined;

/** A console with a users file and an issuer, which is not running yet; its gateway is never reached. */
beforeAll(async () => {
  issuer = `http://127.0.0.1:${await freePort()}`;
  pages = await ConsoleProcess.new({
    ...{ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'console', OIDC_CLIENT_SECRET: 'console-secret' },
    OIDC_ROLE_CLAIM: 'roles',
  });
  origin = pages.origin;
  await pages.start();
});
afterAll(async () => {
  provider?.kill();
  await pages?.remove();
});

async function startIssuer(): Promise<void> {
  const args = [ISSUER, new URL(issuer).port, `${origin}/login/oidc/callback`];
  provider = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  if (provider.stdout !== null) await once(provider.stdout, 'data');
}

/** The issuer's page where a user logs in. */
const atIssuer = (visitor: Visitor): Promise<Page> => visitor.post('/login/oidc?to=%2Flanes%3Fa%3Db');

/** Logs a user in at the issuer, where the console is granted what it asks for. */
async function asUser(visitor: Visitor, login: string): Promise<Page> {
  const asked = await visitor.submit(await atIssuer(visitor), 'form', { login, password: 'any' });
  return visitor.submit(asked, 'form');
}

async function sessionOf(visitor: Visitor): Promise<object> {
  return (await jwtDecrypt(visitor.cookie('wxa_session') ?? '', SECRET)).payload;
}

it('The console starts without its issuer, says that it is not available, and uses it as soon as it is', async () => {
  const visitor = new Visitor(origin);
  const refused = await atIssuer(visitor);
  expect(refused.path).toBe('/login?refused=ISSUER_UNAVAILABLE');
  await startIssuer();
  const page = await asUser(visitor, 'wang');
  expect(page.path).toBe('/lanes?a=b');
  expect((await visitor.facts()).session?.name).toContain('wang');
  expect(await sessionOf(visitor)).toMatchObject({ name: `wang <${issuer}#wang>`, role: 'operator' });
});

it('The role is that of the claim, and an account without a role is refused', async () => {
  const [viewer, other] = [new Visitor(origin), new Visitor(origin)];
  await asUser(viewer, 'li');
  expect(await sessionOf(viewer)).toMatchObject({ name: `li <${issuer}#li>`, role: 'viewer' });
  const refused = await asUser(other, 'zhao');
  expect(refused.path).toBe('/login?refused=NO_ROLE');
  expect(other.cookie('wxa_session')).toBeUndefined();
});

it('A callback without its pending login, with another state, or after a refusal at the issuer logs nobody in', async () => {
  const visitor = new Visitor(origin);
  await atIssuer(visitor);
  const pending = visitor.cookie('wxa_single_sign_on') ?? '';
  const visitors = [new Visitor(origin), visitor];
  for (const one of visitors) {
    const page = await one.get(`/login/oidc/callback?code=x&state=y&iss=${encodeURIComponent(issuer)}`);
    expect(page.path).toBe('/login?refused=SINGLE_SIGN_ON_FAILED');
  }
  // A cookie of a pending login is not a session.
  visitor.setCookie('wxa_session', pending);
  expect(await visitor.isLoggedIn()).toBe(false);
  const third = new Visitor(origin);
  const cancelled = await third.follow(await atIssuer(third), '[ Cancel ]');
  expect(cancelled.path).toBe('/login?refused=SINGLE_SIGN_ON_FAILED');
  for (const one of [...visitors, third]) expect(await one.isLoggedIn()).toBe(false);
});

it('The login page has both ways, may lead to the issuer, and sets cookies that come back from it', async () => {
  const visitor = new Visitor(origin);
  const page = await visitor.get('/login');
  expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${issuer}`);
  const init = { method: 'POST', headers: { origin }, redirect: 'manual' } as const;
  const begun = await fetch(`${origin}/login/oidc`, init);
  expect(begun.headers.getSetCookie()).toEqual([
    expect.stringMatching(/^wxa_single_sign_on=.*; Max-Age=600; Path=\/; .*HttpOnly; SameSite=Lax$/),
  ]);
  const url = new URL(begun.headers.get('location') ?? '');
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    code_challenge_method: 'S256',
    response_type: 'code',
  });
  const local = await visitor.logIn(USER);
  expect(local.headers.getSetCookie()[0]).toMatch(/^wxa_session=.*HttpOnly; SameSite=Lax$/);
});

it('A console without a users file logs in by the issuer alone, and its sessions stay', async () => {
  const visitor = new Visitor(origin);
  await asUser(visitor, 'wang');
  await pages.start({ CONSOLE_USERS_FILE: '' });
  expect(await visitor.isLoggedIn()).toBe(true);
  const other = new Visitor(origin);
  expect((await other.facts()).logins).toEqual({ password: false, singleSignOn: true });
  await asUser(other, 'li');
  expect(await other.isLoggedIn()).toBe(true);
  expect((await new Visitor(origin).logIn(USER)).status).toBe(404);
});
