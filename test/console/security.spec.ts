import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { jwtDecrypt } from 'jose';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { moved, scrape } from '../metrics/exposition.js';
import { RolloutSteps } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { addUser, changeUsers, newUser, PASSWORD, removeUser } from './new-user.js';
import { ROUTES } from './routes.js';
import { inputOf, Visitor } from './visitor.js';

type Fields = Record<string, string>;
const VIEWER = { name: 'viewer', password: PASSWORD };

useSharedWorld('console');
let origin: string;
let viewer: Visitor;
beforeAll(async () => {
  origin = pages().url;
  await addUser(world, 'viewer', 'viewer');
  viewer = await Visitor.of(world.stack, VIEWER);
}, 60_000);

function pages() {
  if (world.stack.console === undefined) throw new Error('no console');
  return world.stack.console;
}
const logOf = () => readFile(pages().app.logFile, 'utf8');
const cookieOf = (visitor: Visitor) => `wxa_session=${visitor.cookie('wxa_session')}`;
async function tokenOf(visitor: Visitor): Promise<string> {
  const page = await visitor.get('/lanes');
  return inputOf(page, 'form[action="/logout"] [name=form_token]') ?? '';
}
/** Without cookies, and without following redirects. */
const fetched = (path: string, init: RequestInit = {}) =>
  fetch(`${origin}${path}`, { redirect: 'manual', ...init });
/** By default from the console's own origin. */
const posted = (path: string, fields: Fields, headers: Fields = { origin }) =>
  fetched(path, { method: 'POST', body: new URLSearchParams(fields), headers });

describe('requests without a login', () => {
  it('Every page leads to the login and back to where it was asked for, and probes need none', async () => {
    const visitor = new Visitor(origin);
    const page = await visitor.get('/lanes?page_token=x%26y');
    expect(page.path).toBe('/login?to=%2Flanes%3Fpage_token%3Dx%2526y');
    const { path } = await visitor.submit(page, 'form[action="/login"]', VIEWER);
    expect(path).toBe('/lanes?page_token=x%26y');
    for (const probe of ['/healthz', '/readyz', '/metrics']) expect((await fetched(probe)).status).toBe(200);
  });

  it('A login never leads to another site', async () => {
    const to = '/\t/evil.example';
    const page = await new Visitor(origin).get(`/login?to=${encodeURIComponent(to)}`);
    expect(inputOf(page, 'form[action="/login"] [name=to]')).toBe('/');
    const sent = [posted('/login', { ...VIEWER, to }), posted('/language', { language: 'en', to })];
    for (const { status, headers } of await Promise.all(sent))
      expect([status, headers.get('location')]).toEqual([303, '/']);
  });

  it('A form of more than 16 kB is refused before the login', async () => {
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
    const visitor = await newUser(world, 'leaver', 'operator');
    const sealed = visitor.cookie('wxa_session') ?? '';
    const isValid = async () => (await visitor.get('/lanes')).path === '/lanes';
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
    expect((await viewer.get('/lanes')).path).toBe('/lanes');
    await eventually(async () => expect(await logOf()).toContain('users file invalid'));
    await writeFile(pages().usersFile, text);
  });
});

describe('the login', () => {
  it('The sixth attempt within a minute is refused with 429, even with the right password', async () => {
    const { name } = await addUser(world, 'target', 'viewer');
    const visitor = new Visitor(origin);
    const page = await visitor.get('/login');
    const attempt = (password: string) => visitor.submit(page, 'form[action="/login"]', { name, password });
    const wrong = Array.from({ length: 9 }, () => attempt('wrong'));
    // A refusal does not wait for the check of a password, so that the next attempt comes before another one is allowed.
    await Promise.any(wrong.map(async (sent) => expect((await sent).status).toBe(429)));
    const refused = await attempt(PASSWORD);
    expect(refused).toMatchObject({ status: 429, text: expect.stringMatching(/请在 \d+ 秒后重试/) });
    const statuses = (await Promise.all(wrong)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([...Array(5).fill(401), ...Array(4).fill(429)]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(inputOf(refused, '[name=name]')).toBe('target');
    expect(visitor.cookie('wxa_session')).toBeUndefined();
    expect((await Visitor.of(world.stack, VIEWER)).cookie('wxa_session')).toBeDefined();
  });

  it('A wrong name and a wrong password are refused in the same words, and not logged', async () => {
    const visitor = new Visitor(origin);
    const page = await visitor.get('/login');
    const refusal = async (name: string) =>
      (await visitor.submit(page, 'form[action="/login"]', { name, password: 'hunter22' })).text;
    expect(await refusal('nobody-of-that-name')).toBe(await refusal('viewer'));
    const log = await logOf();
    expect(log).toContain('login refused');
    expect(log).not.toMatch(/nobody-of-that-name|hunter22/);
  });
});

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
const CACHED = { 'cache-control': 'public, max-age=31536000, immutable', 'content-encoding': 'gzip' };

it('Every response has the security headers, and only files with their hash in the path are cached', async () => {
  const headers = { cookie: cookieOf(viewer) };
  const html = await (await fetched('/lanes', { headers })).text();
  const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(assets.length).toBeGreaterThanOrEqual(4);
  const found = ['/lanes', '/', '/login', '/healthz'];
  const others = ['/nothing', '/assets/nothing.js', '/%ff', '//[', '//evil.example'];
  for (const path of [...found, ...others, ...assets]) {
    const answer = await fetched(path, { headers });
    const caching = assets.includes(path) ? CACHED : { 'cache-control': 'no-store' };
    const given = Object.fromEntries(answer.headers);
    expect({ path, ...given }).toMatchObject({ path, ...HEADERS, ...caching });
    expect(given).not.toHaveProperty('x-powered-by');
    expect(answer.status).toBeLessThan(500);
  }
});

describe('routes', () => {
  it('Every GET of every page only reads: no method of the gateway that changes anything is called', async () => {
    // The queries of the pages of a mini-program would wait for a change of it that hangs.
    const [busy, appid] = [newAppid(), newAppid()];
    await world.sim.addFault({ api: 'wxa/commit', appid: busy, kind: 'hang', when: 'before' });
    const operation = await world.change('Commit', { appid: busy, templateId: 1n, userVersion: '1.0' });
    const rollout = await new RolloutSteps(() => world).create([appid], {}, false);
    const idOf = (path: string) => (path.startsWith('/rollouts') ? rollout.id : operation.id);
    const paths = ROUTES.filter(({ method }) => method === 'GET').map(({ path }) =>
      path.replace(':id', idOf(path)).replace(':appid', appid).replace(/:\w+/, 'commit'),
    );
    expect(paths.length).toBeGreaterThan(20);
    const headers = { cookie: cookieOf(await newUser(world, 'walker', 'operator')) };
    const before = await scrape(world.stack.addresses.http);
    for (const path of paths) {
      const { status, body } = await fetched(path, { headers });
      expect([path, status < 500]).toEqual([path, true]);
      await body?.cancel();
    }
    const after = await scrape(world.stack.addresses.http);
    const series = Object.keys(moved(before, after, 'grpc_server_started_total'));
    const called = series.map((name) => /grpc_method="(\w+)"/.exec(name)?.[1] ?? '');
    expect(called.length).toBeGreaterThan(5);
    expect(called.filter((method) => !/^(Get|List|Watch)/.test(method))).toEqual([]);
  }, 60_000);

  it('Every POST of every page refuses other origins, forms without the token of their session, and viewers', async () => {
    const posts = ROUTES.filter(({ method }) => method === 'POST').map(({ path }) => path);
    expect(ROUTES.filter(({ method }) => method === undefined)).toEqual([]);
    expect(posts.length).toBeGreaterThan(10);
    const operator = await newUser(world, 'poster', 'operator');
    const [ofOperator, ofViewer] = [await tokenOf(operator), await tokenOf(viewer)];
    const allowedOf = async (visitor: Visitor, form_token: string, headers: Fields) => {
      const all = { cookie: cookieOf(visitor), ...headers };
      const answers = await Promise.all(posts.map((path) => posted(path, { form_token }, all)));
      return posts.filter((_, i) => answers[i]?.status !== 403);
    };
    const withoutSession = ['/login', '/language', '/login/oidc'];
    const evil = 'https://evil.example';
    const others: Fields[] = [{}, { origin: evil }, { origin: 'null' }, { 'sec-fetch-site': 'same-site' }];
    for (const headers of others) expect(await allowedOf(operator, ofOperator, headers)).toEqual([]);
    for (const token of ['', ofViewer])
      expect(await allowedOf(operator, token, { origin })).toEqual(withoutSession);
    const forViewers = ['/login', '/logout', '/language', '/login/oidc'];
    expect(await allowedOf(viewer, ofViewer, { origin })).toEqual(forViewers);
    const own: Fields[] = [{ origin }, { 'sec-fetch-site': 'same-origin' }];
    for (const headers of own.map((one) => ({ ...one, cookie: cookieOf(operator) })))
      expect((await posted('/logout', { form_token: ofOperator }, headers)).status).toBe(303);
  }, 60_000);
});
