import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { attemptWithin } from '../attempt-within.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { scrape } from '../metrics/exposition.js';
import { useFolder } from '../use-folder.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { encryptedCallback, event, info, now } from './encrypted-callback.js';
import { ForwardTarget } from './forward-target.js';
import { type Backends, newBackends, type RunningGateway, startGateway } from './running-gateway.js';
import { TestDatabase } from './test-database.js';

const { WECHAT_COMPONENT_APPID: PLATFORM } = COMPONENT_SETTINGS;
const target = new ForwardTarget();
const slow = new ForwardTarget();
const folder = useFolder();
const database = new TestDatabase();
let backends: Backends;
let gateway: RunningGateway;
/** Another gateway, which holds no tokens, with one rule for all. */
let tokenless: RunningGateway;

beforeAll(async () => {
  const [at, slowAt] = await Promise.all([target.listen(), slow.listen()]);
  const [file, forAll] = [join(folder, 'forwards.yaml'), join(folder, 'for-all.yaml')];
  const rule = (name: string, events: string, more = '') =>
    `  - { name: ${name}, events: [${events}], url: "${at}/old/$APPID$?own=1"${more} }\n`;
  writeFileSync(
    file,
    `version: 1\nforwards:\n${rule('text', 'text')}${rule('lenient', 'image', ', onFailure: succeed')}` +
      `  - { name: slow, events: [hang], url: "${slowAt}", timeoutMs: 4000, maxInFlight: 5 }\n` +
      `${rule('others', '"*"')}`,
  );
  writeFileSync(forAll, `version: 1\nforwards:\n${rule('all', '"*"', ', onFailure: succeed')}`);
  backends = await newBackends();
  database.connect(backends.databaseUrl);
  const settings = { ...COMPONENT_SETTINGS, CALLBACK_FORWARD_FILE: file };
  gateway = await startGateway(backends, settings);
  tokenless = await startGateway(backends, {
    ...settings,
    ...{ CALLBACK_FORWARD_FILE: forAll, WECHAT_TOKEN_SOURCE: 'endpoint' },
  });
});
afterAll(async () => {
  await database.close();
  await Promise.all([gateway?.stop(), tokenless?.stop()]);
  target.close();
  slow.close();
});
beforeEach(() => target.reset());

/** A test whose pushes are forwarded to this process, which has less than 3.5 s for each answer. */
function itInTime(name: string, test: () => Promise<void>): void {
  it(name, () => inTime(test));
}

function inTime(test: () => Promise<void>): Promise<void> {
  return attemptWithin(3_000, () => {
    target.reset();
    return test();
  });
}

/** With blanks and encoded characters, which the target must get as they are. */
function encrypted(message: string) {
  const { query, body } = encryptedCallback(message);
  return { query: `${query}&signature=x%20y`, body: body.replace('<Encrypt>', '\n  $&') };
}

async function push(appid: string, message: string, { to = gateway, sent = encrypted(message) } = {}) {
  const url = `${to.http}/wechat/callback${appid && `/${appid}`}${sent.query}`;
  const headers = { 'content-type': 'text/xml' };
  const response = await fetch(url, { method: 'POST', body: sent.body, headers, redirect: 'error' });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

let messages = 0;
const message = (type: string) =>
  `<xml><ToUserName>gh_1</ToUserName><CreateTime>${now()}</CreateTime><MsgType>${type}</MsgType><MsgId>${++messages}</MsgId></xml>`;
const ticket = () => info('component_verify_ticket', '<ComponentVerifyTicket>t</ComponentVerifyTicket>');

const forwardsOf = () => gateway.rpc('getForwards', {});
const paths = () => target.received.map(({ url }) => url.split('?')[0]);

const storedOf = (appid: string) => database.rows('select from callback_keys where appid = $1', [appid]);
const answer = (status: number, body: string | Buffer) => (response: ServerResponse) =>
  void response.writeHead(status).end(body);
const reply = '<xml><Encrypt><![CDATA[QUJD]]></Encrypt><Nonce>n</Nonce></xml>';

describe('request', () => {
  itInTime('A target gets what WeChat sent, byte for byte, and each delivery of it', async () => {
    const appid = newAppid();
    const sent = encrypted(message('text'));
    for (let time = 0; time < 2; time++)
      expect(await push(appid, '', { sent })).toMatchObject({ status: 200 });
    const url = `/old/${appid}?own=1&${sent.query.slice(1)}`;
    const expected = { method: 'POST', url, contentType: 'text/xml', body: sent.body };
    expect(target.received).toEqual([expected, expected]);
  });

  itInTime(
    'A copy at the URL of another mini-program reaches the target, as without this service, and is rejected',
    async () => {
      const [appid, other] = [newAppid(), newAppid()];
      const sent = encrypted(message('text'));
      expect((await push(appid, '', { sent })).status).toBe(200);
      expect((await push(other, '', { sent })).status).toBe(403);
      await eventually(() => target.received.length === 2);
      expect(paths()).toEqual([`/old/${appid}`, `/old/${other}`]);
      expect(await storedOf(other)).toEqual([]);
    },
  );

  it('A callback that is not genuine is not forwarded', async () => {
    const { query, body } = encrypted(message('text'));
    const sent = { query: query.replace('nonce=', 'nonce=1'), body };
    expect((await push(newAppid(), '', { sent })).status).toBe(403);
    expect(target.received).toEqual([]);
  });

  itInTime(
    '"*" forwards tickets and authorizations only where this deployment does not hold the tokens',
    async () => {
      const authorized = info('unauthorized', '<AuthorizerAppid>wx00000000000000aa</AuthorizerAppid>');
      for (const one of [ticket(), authorized])
        expect(await push('', one)).toMatchObject({ body: 'success' });
      expect(target.received).toEqual([]);
      for (const one of [ticket(), authorized]) await push('', one, { to: tokenless });
      expect(paths()).toEqual([`/old/${PLATFORM}`, '/old/wx00000000000000aa']);
    },
  );

  itInTime('A decision of an audit is forwarded and handled here', async () => {
    const appid = newAppid();
    expect(await push(appid, event('weapp_audit_success'))).toMatchObject({ status: 200, body: 'success' });
    expect(target.received).toHaveLength(1);
    expect(await database.rows('select from audit_pushes where appid = $1', [appid])).toHaveLength(1);
  });
});

describe('answer', () => {
  it.each([
    ['success', answer(200, 'success'), 'success'],
    ['an empty body', answer(200, ''), 'success'],
    ['an encrypted reply', answer(200, reply), reply],
  ])('A target that answers %s is taken at its word', (_what, given, body) =>
    inTime(async () => {
      target.answer = given;
      expect(await push(newAppid(), message('text'))).toMatchObject({ status: 200, body });
    }),
  );

  it.each([
    ['a plain reply', answer(200, '<xml><Content>hello</Content></xml>')],
    ['an error', answer(500, 'success')],
    ['a redirect', (response: ServerResponse) => void response.writeHead(302, { location: '/x' }).end()],
    ['a reply over 64 KiB', answer(200, reply.replace('QUJD', 'A'.repeat(65 * 1024)))],
    ['nothing in time', undefined],
    ['a cut connection', (response: ServerResponse) => void response.destroy()],
  ])(
    'With %s WeChat delivers again, or gets success if the rule says so; the event is stored',
    async (_what, given) => {
      target.answer = given;
      const appid = newAppid();
      expect((await push(appid, message('text'))).status).toBe(503);
      expect(await push(appid, message('image'))).toMatchObject({ status: 200, body: 'success' });
      expect((await storedOf(appid)).length).toBeGreaterThan(1);
      expect(target.received).toHaveLength(2);
      target.cut();
    },
  );

  itInTime('At the URL of the platform any 2xx is success, and its body is not passed on', async () => {
    target.answer = answer(204, '');
    expect(await push('', info('x'))).toMatchObject({ status: 200, body: 'success' });
    target.answer = answer(200, reply);
    expect(await push('', info('x2'))).toMatchObject({ status: 200, body: 'success' });
    target.answer = answer(404, 'success');
    expect((await push('', info('x3'))).status).toBe(503);
  });

  itInTime(
    'WeChat delivers a ticket again that is not stored and that the target did not take, whatever the rule says',
    async () => {
      target.answer = answer(500, '');
      expect((await push('', ticket(), { to: tokenless })).status).toBe(503);
      expect(await push(newAppid(), message('text'), { to: tokenless })).toMatchObject({ body: 'success' });
      target.reset();
      expect(await push('', ticket(), { to: tokenless })).toMatchObject({ body: 'success' });
    },
  );

  itInTime('A target that answers 1 GB is read to 64 KiB, and what follows it is answered', async () => {
    let written = 0;
    target.answer = (response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const write = () => {
        while (written < 1e9 && !response.destroyed && response.write(chunk)) written += chunk.length;
      };
      response.on('drain', write);
      write();
    };
    expect((await push(newAppid(), message('text'))).status).toBe(503);
    expect(written).toBeLessThan(50e6);
    target.reset();
    expect((await push(newAppid(), message('text'))).status).toBe(200);
  });
});

/** Callbacks to the target that hangs; with those that it holds no more than connections to the gateway. */
const AT_ONCE = byLength({ short: 20, long: 1_900 });

/** The callbacks that were not forwarded, that failed and that were delivered. */
async function resultsOfSlow(): Promise<number[]> {
  const series = await scrape(gateway.http);
  const results = ['busy', 'failed', 'success'].map((result) => `{forward="slow",result="${result}"}`);
  return results.map((labels) => series.get(`wxa_callback_forwards_total${labels}`) ?? 0);
}

let hanging: ReturnType<typeof push>[] = [];
itInTime(
  'A target that hangs holds maxInFlight callbacks and delays no others; more fail at once',
  async () => {
    slow.cut();
    await Promise.all(hanging);
    slow.reset();
    slow.answer = undefined;
    const before = await resultsOfSlow();
    hanging = Array.from({ length: 5 }, () => push(newAppid(), event('hang')));
    await eventually(() => slow.received.length === 5);
    const others = Array.from({ length: AT_ONCE }, () => push(newAppid(), event('hang')));
    expect(new Set((await Promise.all(others)).map(({ status }) => status))).toEqual(new Set([503]));
    expect(slow.received).toHaveLength(5);
    expect((await push(newAppid(), message('text'))).status).toBe(200);
    expect((await push(newAppid(), event('weapp_audit_success'))).status).toBe(200);
    expect((await push('', ticket())).status).toBe(200);
    slow.cut();
    expect((await Promise.all(hanging)).map(({ status }) => status)).toEqual(Array(5).fill(503));
    slow.answer = answer(200, 'success');
    expect((await push(newAppid(), event('hang'))).status).toBe(200);
    const counts = (await resultsOfSlow()).map((count, i) => count - (before[i] ?? 0));
    expect(counts).toEqual([AT_ONCE, 5, 1]);
  },
);

itInTime(
  'GetForwards has the rules without their URLs, and what this gateway saw of each target',
  async () => {
    const before = await forwardsOf();
    expect(await push(newAppid(), message('text'))).toMatchObject({ status: 200 });
    target.answer = answer(500, '');
    expect((await push(newAppid(), message('text'))).status).toBe(503);
    const { instance, forwards, keptNames } = await forwardsOf();
    expect(instance).toMatch(/^.+:\d+$/);
    expect(keptNames).toContain('component_verify_ticket');
    expect(forwards.map(({ name, events, succeedsOnFailure }) => [name, events, succeedsOnFailure])).toEqual([
      ['text', ['text'], false],
      ['lenient', ['image'], true],
      ['slow', ['hang'], false],
      ['others', ['*'], false],
    ]);
    expect(JSON.stringify(forwards.map(({ host }) => host))).not.toContain('own=1');
    const [[text], [earlier]] = [forwards, before.forwards];
    const timeout = { seconds: 3n, nanos: 500_000_000 };
    expect(text).toMatchObject({ appids: [], lastFailure: 'failed', timeout });
    expect(Number(text?.delivered)).toBe(Number(earlier?.delivered) + 1);
    expect(Number(text?.failed)).toBe(Number(earlier?.failed) + 1);
    expect(text?.lastFailureTime?.getTime()).toBeGreaterThanOrEqual(text?.lastDeliveryTime?.getTime() ?? 0);
  },
);

it('Without Postgres WeChat delivers again although the target has answered', async () => {
  const appid = newAppid();
  await database.rows('alter table callback_keys rename to callback_keys_away');
  expect((await push(appid, message('text'))).status).toBe(503);
  await eventually(() => target.received.length === 1);
  await database.rows('alter table callback_keys_away rename to callback_keys');
  await inTime(async () => expect((await push(appid, message('text'))).status).toBe(200));
});

it('A callback that Postgres does not store within 4.5 s is answered with 503, and its redelivery is a duplicate', async () => {
  const appid = newAppid();
  await database.rows(`create function sleep_long() returns trigger language plpgsql as
    $$ begin if new.appid = '${appid}' then perform pg_sleep(30); end if; return new; end $$`);
  await database.rows(
    'create trigger slow before insert on callback_keys for each row execute function sleep_long()',
  );
  const startedAt = performance.now();
  expect((await push(appid, message('text'))).status).toBe(503);
  // WeChat gives up after 5 s; the statement would have ended much later.
  expect(performance.now() - startedAt).toBeGreaterThan(1_000);
  await database.rows('drop trigger slow on callback_keys');
  await inTime(async () => expect((await push(appid, message('text'))).status).toBe(200));
});
