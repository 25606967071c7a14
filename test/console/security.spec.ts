import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ROLE_OF, STREAM_ROLE_OF } from '@wxa/console';
import { jwtDecrypt } from 'jose';
import { eventually } from '../eventually.js';
import { moved, scrape } from '../metrics/exposition.js';
import { useSharedWorld, world } from '../use-world.js';
import { ApiUser } from './api-user.js';
import { addUser, changeUsers, newUser, PASSWORD, removeUser } from './new-user.js';
import { ROUTES } from './routes.js';
import { Visitor } from './visitor.js';

type Fields = Record<string, string>;
const VIEWER = { name: 'viewer', password: PASSWORD };

useSharedWorld('console');
let origin: string;
let viewer: ApiUser;
beforeAll(async () => {
  origin = pages().url;
  viewer = await newUser(world, 'viewer', 'viewer');
});

function pages() {
  if (world.stack.console === undefined) throw new Error('no console');
  return world.stack.console;
}
const logOf = () => readFile(pages().app.logFile, 'utf8');
/** Without cookies, and without following redirects. */
const fetched = (path: string, init: RequestInit = {}) =>
  fetch(`${origin}${path}`, { redirect: 'manual', ...init });
/** Without a login, by default from the console's own origin. */
const posted = (path: string, body: object, headers: Fields = { origin }) =>
  fetched(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

describe('requests without a login', () => {
  it('Nothing is called without a login, which says where to go from there, and probes need none', async () => {
    const refused = await posted('/api/Operations/ListLanes', {});
    expect([refused.status, await refused.json()]).toMatchObject([401, { reason: 'LOGIN_REQUIRED' }]);
    expect((await new Visitor(origin).facts()).session).toBeUndefined();
    const to = '/lanes?page_token=x%26y';
    expect(await (await posted('/login', { ...VIEWER, to })).json()).toEqual({ to });
    for (const probe of ['/healthz', '/readyz', '/metrics']) expect((await fetched(probe)).status).toBe(200);
  });

  it('A body of more than 16 kB is refused before the login', async () => {
    expect((await posted('/login', { name: 'x'.repeat(20_000) })).status).toBe(413);
  });
});

describe('the session cookie', () => {
  it('The session cookie is for this site only, hidden from scripts, ends after 8 hours, and is encrypted', async () => {
    const [cookie = ''] = (await posted('/login', VIEWER)).headers.getSetCookie();
    expect(cookie).toMatch(
      /^wxa_session=[\w-]+\.\.[\w.-]+; Max-Age=28800; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    );
    const secret = await readFile(join(dirname(pages().usersFile), 'secret'), 'utf8');
    const { payload } = await jwtDecrypt(cookie.slice(12).split(';')[0] ?? '', Buffer.from(secret, 'base64'));
    expect(payload).toMatchObject({ name: 'viewer', role: 'viewer', aud: 'session' });
    expect((payload.exp ?? 0) * 1000 - Date.now()).toBeGreaterThan(7.9 * 3600_000);
  });

  it('A session that was altered, or whose user was changed or removed, ends with the next request', async () => {
    const visitor = await Visitor.of(world.stack, await addUser(world, 'leaver', 'operator'));
    const sealed = visitor.cookie('wxa_session') ?? '';
    const isValid = () => visitor.isLoggedIn();
    const become = (role: 'viewer' | 'operator') =>
      changeUsers(world, (all) => all.map((user) => (user.name === 'leaver' ? { ...user, role } : user)));
    expect(await isValid()).toBe(true);
    const altered = sealed.replace(/\.(.)([^.]*)$/, (_, c, tag) => `.${c === 'A' ? 'B' : 'A'}${tag}`);
    visitor.setCookie('wxa_session', altered);
    expect(await isValid()).toBe(false);
    visitor.setCookie('wxa_session', sealed);
    await become('viewer');
    expect(await isValid()).toBe(false);
    await become('operator');
    expect(await isValid()).toBe(true);
    await removeUser(world, 'leaver');
    expect(await isValid()).toBe(false);
  });

  it('A users file that cannot be read changes nothing', async () => {
    const text = await readFile(pages().usersFile, 'utf8');
    await writeFile(pages().usersFile, text.slice(0, -10));
    expect((await viewer.call('Operations/ListLanes', {})).status).toBe(200);
    await eventually(async () => expect(await logOf()).toContain('users file invalid'));
    await writeFile(pages().usersFile, text);
  });
});

describe('the login', () => {
  it('The sixth attempt within a minute is refused with 429, even with the right password', async () => {
    const { name } = await addUser(world, 'target', 'viewer');
    const visitor = new Visitor(origin);
    const attempt = (password: string) => visitor.logIn({ name, password });
    const wrong = Array.from({ length: 9 }, () => attempt('wrong'));
    // A refusal does not wait for the check of a password, so that the next attempt comes before another one is allowed.
    await Promise.any(wrong.map(async (sent) => expect((await sent).status).toBe(429)));
    const refused = await attempt(PASSWORD);
    expect([refused.status, await refused.json()]).toMatchObject([429, { reason: 'TOO_MANY_LOGINS' }]);
    const statuses = (await Promise.all(wrong)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([...Array(5).fill(401), ...Array(4).fill(429)]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(visitor.cookie('wxa_session')).toBeUndefined();
    expect((await Visitor.of(world.stack, VIEWER)).cookie('wxa_session')).toBeDefined();
  });

  it('A wrong name and a wrong password are refused in the same words, and not logged', async () => {
    const visitor = new Visitor(origin);
    const refusal = async (name: string) => (await visitor.logIn({ name, password: 'hunter22' })).text();
    expect(await refusal('nobody-of-that-name')).toBe(await refusal('viewer'));
    const log = await logOf();
    expect(log).toContain('login refused');
    expect(log).not.toMatch(/nobody-of-that-name|hunter22/);
  });
});

it('Logins, refused ones and log-outs are lines of the audit trail in the log, with who and from where', async () => {
  const user = await newUser(world, 'audited', 'viewer');
  await user.post('/logout');
  await posted('/login', { name: 'audited', password: 'wrong' });
  await eventually(async () => {
    const lines = (await logOf()).split('\n').filter((line) => line.includes('"audit":true'));
    const audited = lines.map((line) => JSON.parse(line));
    for (const action of ['console.login', 'console.logout'])
      expect(audited).toContainEqual(expect.objectContaining({ action, user: 'audited', peer: '127.0.0.1' }));
    const reason = 'wrong name or password';
    const refused = { action: 'console.login_refused', reason, peer: '127.0.0.1' };
    expect(audited).toContainEqual(expect.objectContaining(refused));
  });
});

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
const CACHED = { 'cache-control': 'public, max-age=31536000, immutable' };
/** What it accepts, in its order. */
const OF_CHROMIUM = 'gzip, deflate, br, zstd';

it('Every response has the security headers, and none but files with their hash in the path is cached', async () => {
  const operator = await ApiUser.in(world.stack);
  const paths = ['/healthz', '/api/nothing', '/static/nothing.js', '/%ff'];
  const answers = [...paths.map((path) => fetched(path)), operator.post('/api/Operations/ListLanes')];
  for (const { status, headers } of await Promise.all(answers)) {
    const given = Object.fromEntries(headers);
    expect(given).toMatchObject({ ...HEADERS, 'cache-control': 'no-store' });
    expect(given).not.toHaveProperty('x-powered-by');
    expect(status).toBeLessThan(500);
  }
});

it('The page of the application allows only styles of its own nonce, and its files are compressed and cached', async () => {
  const policies: string[] = [];
  for (const path of ['/', '/login', '/nothing', '//[', '//evil.example']) {
    const answer = await fetched(path);
    const html = await answer.text();
    const [, nonce = ''] = /csp-nonce" nonce="([^"]+)"/.exec(html) ?? [];
    const policy = answer.headers.get('content-security-policy') ?? '';
    policies.push(policy);
    expect(policy.replace(` style-src 'self' 'nonce-${nonce}';`, '')).toBe(
      HEADERS['content-security-policy'],
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)| on\w+=| style=/);
    const files = [...html.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const file of files)
      for (const accepted of ['br', 'gzip', OF_CHROMIUM]) {
        const { headers } = await fetched(file, { headers: { 'accept-encoding': accepted } });
        const encoding = accepted === 'gzip' ? 'gzip' : 'br';
        const caching = { ...CACHED, 'content-encoding': encoding, vary: 'accept-encoding' };
        expect(Object.fromEntries(headers)).toMatchObject({ ...HEADERS, ...caching });
      }
  }
  expect(new Set(policies).size).toBe(5);
});

describe('routes', () => {
  it('A GET calls nothing of the gateway but streams', async () => {
    const operator = await ApiUser.in(world.stack);
    const before = await scrape(world.stack.addresses.http);
    const unary = Object.keys(ROLE_OF).map((rpc) => operator.stream(rpc, {}));
    expect(new Set((await Promise.all(unary)).map(({ status }) => status))).toEqual(new Set([404]));
    for (const rpc of Object.keys(STREAM_ROLE_OF)) await (await operator.stream(rpc, {})).body?.cancel();
    for (const path of ROUTES.filter(({ method }) => method === 'GET').map(({ path }) =>
      path.replace('{*path}', '/x'),
    ))
      await fetched(path, { headers: { cookie: operator.cookies } });
    const after = await scrape(world.stack.addresses.http);
    const series = Object.keys(moved(before, after, 'grpc_server_started_total'));
    const called = series.map((name) => /grpc_method="(\w+)"/.exec(name)?.[1] ?? '');
    expect(called.filter((method) => !method.startsWith('Watch'))).toEqual([]);
  });

  it('Every POST refuses other origins, requests without the token of their session, and viewers', async () => {
    const posts = ROUTES.filter(({ method }) => method === 'POST').map(({ path }) => path);
    expect(posts).toEqual(expect.arrayContaining(['/login', '/logout', '/api/:service/:method']));
    const operator = await newUser(world, 'poster', 'operator');
    const allowedOf = async (user: ApiUser, token: string, headers: Fields) => {
      const all = { cookie: user.cookies, 'x-form-token': token, ...headers };
      const answers = await Promise.all(posts.map((path) => posted(path, {}, all)));
      return posts.filter((_, i) => answers[i]?.status !== 403);
    };
    const withoutSession = ['/login', '/login/oidc'];
    const evil = 'https://evil.example';
    const others: Fields[] = [{}, { origin: evil }, { origin: 'null' }, { 'sec-fetch-site': 'same-site' }];
    for (const headers of others) expect(await allowedOf(operator, operator.formToken, headers)).toEqual([]);
    for (const token of ['', viewer.formToken])
      expect(await allowedOf(operator, token, { origin })).toEqual(withoutSession);
    // The table of roles decides about the API (api.spec.ts).
    const forApi = ['/api/console/active', '/api/console/users', '/api/:service/:method'];
    const forViewers = ['/login', '/logout', '/login/oidc', ...forApi];
    expect(await allowedOf(viewer, viewer.formToken, { origin })).toEqual(forViewers);
    const ofOperator = { cookie: operator.cookies, 'x-form-token': operator.formToken };
    const own: Fields[] = [{ origin }, { 'sec-fetch-site': 'same-origin' }];
    for (const headers of own)
      expect((await posted('/logout', {}, { ...ofOperator, ...headers })).status).toBe(200);
  });
});
