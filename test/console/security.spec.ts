import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { formatUsers, hashPassword, parseUsers, type StoredUser } from '@wxa/policy';
import { jwtDecrypt } from 'jose';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { moved, scrape } from '../metrics/exposition.js';
import { RolloutSteps } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { ROUTES } from './routes.js';
import { Visitor } from './visitor.js';

const PASSWORD = 'correct horse battery';
type Fields = { [name: string]: string | undefined };

useSharedWorld('console');
let origin: string;
let hash: string;
beforeAll(async () => {
  origin = pages().url;
  hash = await hashPassword(PASSWORD);
  await add({ name: 'viewer', role: 'viewer', hash });
}, 60_000);

function pages() {
  if (world.stack.console === undefined) throw new Error('no console');
  return world.stack.console;
}
async function users(): Promise<StoredUser[]> {
  return [...parseUsers(await readFile(pages().usersFile, 'utf8')).values()];
}
async function add(user: StoredUser): Promise<void> {
  await writeFile(pages().usersFile, formatUsers([...(await users()), user]));
}
async function replace(name: string, changed?: StoredUser): Promise<void> {
  const others = (await users()).filter((user) => user.name !== name);
  await writeFile(pages().usersFile, formatUsers(changed === undefined ? others : [...others, changed]));
}
/** A new user who is logged in. */
async function newUser(name: string, role: StoredUser['role'] = 'operator'): Promise<Visitor> {
  await add({ name, role, hash });
  return Visitor.of(world.stack, { name, password: PASSWORD });
}
const session = (visitor: Visitor) => visitor.cookie('wxa_session') ?? '';
const form = (fields: Fields) => new URLSearchParams(fields as Record<string, string>);
async function tokenOf(visitor: Visitor): Promise<string> {
  const page = await visitor.get('/lanes');
  return page.html.querySelector('form[action="/logout"] [name=form_token]')?.getAttribute('value') ?? '';
}
/** Without cookies, and without following redirects. */
const fetched = (path: string, init: RequestInit = {}) =>
  fetch(`${origin}${path}`, { redirect: 'manual', ...init });

describe('requests without a login', () => {
  it('Every page leads to the login and back to where it was asked for, and probes need none', async () => {
    const visitor = new Visitor(origin);
    const page = await visitor.get('/lanes?page_token=x%26y');
    expect(page.path).toBe('/login?to=%2Flanes%3Fpage_token%3Dx%2526y');
    const { name, password } = { name: 'viewer', password: PASSWORD };
    expect((await visitor.submit(page, 'form[action="/login"]', { name, password })).path).toBe(
      '/lanes?page_token=x%26y',
    );
    for (const probe of ['/healthz', '/readyz', '/metrics']) expect((await fetched(probe)).status).toBe(200);
  });

  it('A login never leads to another site', async () => {
    const visitor = new Visitor(origin);
    for (const to of ['https://evil.example', '/\t/evil.example']) {
      const page = await visitor.get(`/login?to=${encodeURIComponent(to)}`);
      expect(page.html.querySelector('form[action="/login"] [name=to]')?.getAttribute('value')).toBe('/');
      for (const [path, fields] of [
        ['/login', { name: 'viewer', password: PASSWORD, to }],
        ['/language', { language: 'en', to }],
      ] as const) {
        const headers = { origin };
        const { status, headers: answered } = await fetched(path, {
          method: 'POST',
          body: form(fields),
          headers,
        });
        expect([status, answered.get('location')]).toEqual([303, '/']);
      }
    }
  });

  it('A form of more than 16 kB is refused before the login', async () => {
    const body = form({ name: 'x'.repeat(20_000), password: 'x' });
    expect((await fetched('/login', { method: 'POST', body, headers: { origin } })).status).toBe(413);
  });
});

describe('POST', () => {
  it('A form is refused from another origin, without the form token of the session, and for a viewer', async () => {
    const operator = await newUser('poster');
    const viewer = await Visitor.of(world.stack, { name: 'viewer', password: PASSWORD });
    const token = await tokenOf(operator);
    const statusOf = async (visitor: Visitor, fields: Fields, headers: Fields) =>
      (
        await fetched('/logout', {
          method: 'POST',
          body: form(fields),
          headers: { cookie: `wxa_session=${session(visitor)}`, ...headers } as Record<string, string>,
        })
      ).status;
    expect(await statusOf(operator, { form_token: token }, {})).toBe(403);
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
    ])
      expect(await statusOf(operator, { form_token: token }, headers)).toBe(403);
    for (const fields of [{}, { form_token: '' }, { form_token: await tokenOf(viewer) }])
      expect(await statusOf(operator, fields, { origin })).toBe(403);
    for (const headers of [{ origin }, { 'sec-fetch-site': 'same-origin' }])
      expect(await statusOf(operator, { form_token: token }, headers)).toBe(303);
  });
});

describe('the session cookie', () => {
  it('It is for this site only, hidden from scripts, ends after 8 hours, and is encrypted', async () => {
    const body = form({ name: 'viewer', password: PASSWORD });
    const answer = await fetched('/login', { method: 'POST', body, headers: { origin } });
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(
      /^wxa_session=[\w-]+\.\.[\w.-]+; Max-Age=28800; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    );
    const secret = await readFile(join(dirname(pages().usersFile), 'secret'), 'utf8');
    const { payload } = await jwtDecrypt(cookie.slice(12).split(';')[0] ?? '', Buffer.from(secret, 'base64'));
    expect(payload).toMatchObject({ name: 'viewer', role: 'viewer', aud: 'session' });
    expect((payload.exp ?? 0) * 1000 - Date.now()).toBeGreaterThan(7.9 * 3600_000);
  });

  it('A session that was altered, or whose user was changed or removed, ends with the next request', async () => {
    const visitor = await newUser('leaver');
    const sealed = session(visitor);
    expect((await visitor.get('/lanes')).path).toBe('/lanes');
    visitor.setCookie(
      'wxa_session',
      sealed.replace(/\.(.)([^.]*)$/, (_, c, tag) => `.${c === 'A' ? 'B' : 'A'}${tag}`),
    );
    expect((await visitor.get('/lanes')).path).toContain('/login');
    visitor.setCookie('wxa_session', sealed);
    await replace('leaver', { name: 'leaver', role: 'viewer', hash });
    expect((await visitor.get('/lanes')).path).toContain('/login');
    await replace('leaver', { name: 'leaver', role: 'operator', hash });
    expect((await visitor.get('/lanes')).path).toBe('/lanes');
    await replace('leaver');
    expect((await visitor.get('/lanes')).path).toContain('/login');
  });

  it('A users file that cannot be read changes nothing', async () => {
    const visitor = await newUser('stayer');
    const text = await readFile(pages().usersFile, 'utf8');
    await writeFile(pages().usersFile, text.slice(0, -10));
    expect((await visitor.get('/lanes')).path).toBe('/lanes');
    await eventually(async () =>
      expect(await readFile(pages().app.logFile, 'utf8')).toContain('users file invalid'),
    );
    await writeFile(pages().usersFile, text);
  });
});

describe('the login', () => {
  it('The sixth attempt within a minute is refused with 429, even with the right password', async () => {
    await add({ name: 'target', role: 'viewer', hash });
    const visitor = new Visitor(origin);
    const page = await visitor.get('/login');
    const attempt = (password: string) =>
      visitor.submit(page, 'form[action="/login"]', { name: 'target', password });
    const wrong = Array.from({ length: 9 }, () => attempt('wrong'));
    // A refusal does not wait for the check of a password, so that the next attempt comes before another one is allowed.
    await Promise.any(wrong.map(async (sent) => expect((await sent).status).toBe(429)));
    const refused = await attempt(PASSWORD);
    expect(refused.status).toBe(429);
    const statuses = (await Promise.all(wrong)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([...Array(5).fill(401), ...Array(4).fill(429)]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.html.querySelector('[name=name]')?.getAttribute('value')).toBe('target');
    expect(refused.text).toMatch(/请在 \d+ 秒后重试/);
    expect(visitor.cookie('wxa_session')).toBeUndefined();
    expect(
      (await Visitor.of(world.stack, { name: 'viewer', password: PASSWORD })).cookie('wxa_session'),
    ).toBeDefined();
  });

  it('A wrong name and a wrong password are refused in the same words, and not logged', async () => {
    const visitor = new Visitor(origin);
    const textOf = async (name: string) =>
      (
        await visitor.submit(await visitor.get('/login'), 'form[action="/login"]', {
          name,
          password: 'hunter22',
        })
      ).text;
    expect(await textOf('nobody-of-that-name')).toBe(await textOf('viewer'));
    const log = await readFile(pages().app.logFile, 'utf8');
    expect(log).toContain('login refused');
    expect(log).not.toMatch(/nobody-of-that-name|hunter22/);
  });
});

const POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ');

describe('headers', () => {
  it('Every response has the security headers, and only files with their hash in the path are cached', async () => {
    const visitor = await newUser('reader');
    const cookie = `wxa_session=${session(visitor)}`;
    const html = await (await fetched('/lanes', { headers: { cookie } })).text();
    const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(assets.length).toBeGreaterThanOrEqual(4);
    const others = [
      '/lanes',
      '/',
      '/login',
      '/nothing',
      '/assets/nothing.js',
      '/%ff',
      '//[',
      '//evil.example',
      '/healthz',
    ];
    for (const path of [...others, ...assets]) {
      const { status, headers } = await fetched(path, { headers: { cookie } });
      expect([path, headers.get('content-security-policy')]).toEqual([path, POLICY]);
      expect([headers.get('x-content-type-options'), headers.get('referrer-policy')]).toEqual([
        'nosniff',
        'no-referrer',
      ]);
      const isAsset = assets.includes(path);
      expect([path, headers.get('cache-control')]).toEqual([
        path,
        isAsset ? 'public, max-age=31536000, immutable' : 'no-store',
      ]);
      if (isAsset) expect([path, headers.get('content-encoding')]).toEqual([path, 'gzip']);
      expect(headers.get('x-powered-by')).toBeNull();
      expect(status).toBeLessThan(500);
    }
  });
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
    const cookie = `wxa_session=${session(await newUser('walker'))}`;
    const before = await scrape(world.stack.addresses.http);
    for (const path of paths) {
      const { status, body } = await fetched(path, { headers: { cookie } });
      expect([path, status < 500]).toEqual([path, true]);
      await body?.cancel();
    }
    const called = Object.keys(
      moved(before, await scrape(world.stack.addresses.http), 'grpc_server_started_total'),
    ).map((series) => /grpc_method="(\w+)"/.exec(series)?.[1]);
    expect(called.length).toBeGreaterThan(5);
    expect(called.filter((method) => !/^(Get|List|Watch)/.test(method ?? ''))).toEqual([]);
  }, 60_000);

  it('Every POST of every page refuses other origins, forms without a token, and viewers', async () => {
    expect(ROUTES.filter(({ method }) => method === undefined)).toEqual([]);
    const posts = ROUTES.filter(({ method }) => method === 'POST').map(({ path }) => path);
    expect(posts.length).toBeGreaterThan(10);
    const [operator, viewer] = [await newUser('poster 2'), await newUser('viewer 2', 'viewer')];
    const statusOf = async (path: string, visitor: Visitor, given: Record<string, string>, token = '') => {
      const headers = { cookie: `wxa_session=${session(visitor)}`, ...given };
      return (await fetched(path, { method: 'POST', body: form({ form_token: token }), headers })).status;
    };
    const [operatorToken, viewerToken] = [await tokenOf(operator), await tokenOf(viewer)];
    const open = { withoutOrigin: [], withoutToken: [], forViewers: [] } as Record<string, string[]>;
    for (const path of posts) {
      if ((await statusOf(path, operator, {}, operatorToken)) !== 403) open.withoutOrigin?.push(path);
      if ((await statusOf(path, operator, { origin })) !== 403) open.withoutToken?.push(path);
      if ((await statusOf(path, viewer, { origin }, viewerToken)) !== 403) open.forViewers?.push(path);
    }
    const withoutSession = ['/login', '/language', '/login/oidc'];
    expect(open).toEqual({
      withoutOrigin: [],
      withoutToken: withoutSession,
      forViewers: ['/login', '/logout', '/language', '/login/oidc'],
    });
  }, 60_000);
});
