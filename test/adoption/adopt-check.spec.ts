import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { errorsOfForwards } from '@wxa/policy';
import { freePort } from '@wxa/stack';
import { eventually } from '../eventually.js';
import { useFolder } from '../use-folder.js';
import { useSharedWorld, world } from '../use-world.js';
import { callbackUrl, checked, startChecks } from './adopt-checks.js';

const PAGE = fileURLToPath(new URL('../../docs/adoption.md', import.meta.url));

useSharedWorld('release');
const folder = useFolder();

async function check(...given: Parameters<typeof startChecks>) {
  const found = await checked(startChecks(...given));
  expect(found.step).toBe(given[0]);
  return found;
}

it('Before step 0 it checks the settings of both apps, the topics and the token URL', async () => {
  const { code, of, results } = await check(0);
  expect(of('settings').map(({ result }) => result)).toEqual(['ok', 'ok']);
  // One broker has no replicas.
  const topic = { result: 'warn', detail: expect.stringContaining('replication factor') };
  expect(of('topics')).toEqual(of('topics').map(() => expect.objectContaining(topic)));
  // Nothing denies anything there.
  const rights = { result: 'warn', detail: expect.stringContaining('alter or delete') };
  expect(of('rights')).toMatchObject([rights]);
  expect(of('token URL')[0]).toMatchObject({ result: 'ok', next: '' });
  expect([code, results.some(({ result }) => result === 'fail')]).toEqual([0, false]);
  const wrong = { WECHAT_TIMEOUT_MS: 'soon', WECHAT_TOKEN_URL_KEY: 'never in plain text' };
  const broken = await check(0, [], wrong);
  expect([broken.code, broken.of('settings')[1]]).toMatchObject([1, { result: 'fail' }]);
  const plain = { result: 'fail', detail: expect.stringContaining('https') };
  expect(broken.of('token URL')).toMatchObject([plain]);
});

it('Before step 2 a signed callback is sent through the gateway, found on its topic and forwarded to nobody', async () => {
  const { of } = await check(2, ['--url', callbackUrl()]);
  expect(of('callback').map(({ result, detail }) => [result, detail])).toEqual([
    ['ok', 'a signed callback was answered with success'],
    ['ok', 'wxa_adopt_check arrived on wxa.platform.events.v1'],
  ]);
  const wrong = await check(2, ['--url', callbackUrl()], { WECHAT_CALLBACK_TOKEN: 'another' });
  expect([wrong.code, wrong.of('callback')]).toMatchObject([1, [{ result: 'fail' }]]);
  expect(of('forwards')).toMatchObject([{ result: 'warn', next: 'write a forward file' }]);
});

it('Before step 3 it names the mini-programs that the patterns of all rules leave out, and tickets that no rule carries', async () => {
  const [inside, outside] = ['wx5f', 'wx5e'].map((prefix) => `${prefix}${randomBytes(7).toString('hex')}`);
  const file = join(folder, 'forwards.yaml');
  const rule =
    '{ name: few, events: [only_few_have_it], appids: ["wx5f*"], url: "http://127.0.0.1:9/$APPID$" }';
  const tickets =
    '{ name: tickets, events: ["component_verify_ticket"], appids: ["wx5f*"], url: "http://127.0.0.1:9" }';
  await writeFile(file, `version: 1\nforwards:\n  - ${rule}\n  - ${tickets}\n`);
  await world.sql(`insert into authorizers (appid, state) select unnest($1::text[]), 'AUTHORIZED'`, [
    [inside, outside],
  ]);
  await world.sql(
    `insert into callback_names (kind, name, first_at, last_at, seen)
     select 'EVENT', unnest($1::text[]), now(), now(), 1 on conflict do nothing`,
    [['only_few_have_it', 'component_verify_ticket']],
  );
  const env = { CALLBACK_FORWARD_FILE: file, WECHAT_COMPONENT_APPID: 'wxc0de000000000000' };
  const found = (await check(3, ['--group', 'nobody'], env)).of('names');
  const left = 'only_few_have_it: the patterns of few leave out';
  expect(found.filter(({ detail }) => detail.startsWith(left))).toMatchObject([{ result: 'warn' }]);
  const untaken = { result: 'fail', detail: 'no rule for component_verify_ticket' };
  const unnamed = (await check(3, [], { ...env, WECHAT_COMPONENT_APPID: '' })).of('names');
  for (const names of [found, unnamed]) expect(names).toContainEqual(expect.objectContaining(untaken));
  await world.sql('delete from authorizers where appid = any($1)', [[inside, outside]]);
  await world.sql(`delete from callback_names where name in ('only_few_have_it', 'component_verify_ticket')`);
});

it('Before step 3 it names what the platform receives and nobody takes', async () => {
  await world.sql(
    `insert into callback_names (kind, name, first_at, last_at, seen) values ('EVENT', 'nobody_takes_it', now(), now(), 1)
     on conflict do nothing`,
  );
  const { of } = await check(3);
  const untaken = { result: 'fail', detail: expect.stringContaining('nobody_takes_it') };
  expect(of('names').at(-1)).toMatchObject(untaken);
  await world.sql(`delete from callback_names where name = 'nobody_takes_it'`);
});

it('Before step 5 it says which caller may make each call, and a policy with errors fails', async () => {
  const file = join(folder, 'policy.yaml');
  const calls = 'calls: { penalties: { api: wxa/getillegalrecords, http: POST, effect: none } }';
  const allow = 'allow: [{ methods: ["Calls/*"], calls: [penalties], appids: all }]';
  const callers = `callers: [{ name: crm, credentials: [{ cn: crm }], ${allow} }]`;
  await writeFile(file, `version: 1\n${calls}\n${callers}\n`);
  const { of } = await check(5, [], { AUTH_POLICY_FILE: file });
  expect(of('calls')).toMatchObject([{ result: 'ok', detail: 'penalties: crm' }]);
  await writeFile(file, 'version: 2\n');
  expect((await check(5, [], { AUTH_POLICY_FILE: file })).code).toBe(1);
});

it('Each forward file of docs/adoption.md is valid where the tokens come from elsewhere', async () => {
  const blocks = [...(await readFile(PAGE, 'utf8')).matchAll(/^```yaml\n([\s\S]*?)```/gm)];
  const texts = blocks.map(([, text = '']) => text).filter((text) => text.includes('forwards:'));
  expect(texts).toHaveLength(2);
  for (const text of texts) {
    await writeFile(join(folder, 'forwards.yaml'), text);
    expect(errorsOfForwards(join(folder, 'forwards.yaml'), false)).toEqual([]);
  }
});

it('The token URL of the page has at most 40 lines, serves tokens, and knows neither another key nor another appid', async () => {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(await readFile(PAGE, 'utf8')) ?? [];
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  const tokens = `const made = (token) => ({ token, expiresAt: Date.now() + 7_200_000 });
    export const tokenOf = async (appid) => (appid === 'wx1' ? made('first') : undefined);
    export const renewToken = async () => made('next');`;
  await writeFile(join(folder, 'tokens.js'), tokens);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'server.js'), code);
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), TOKEN_URL_KEY: 'key' };
  const server = spawn(process.execPath, [join(folder, 'server.js')], { env, stdio: 'ignore' });
  const ask = async (query: string, key = 'key') => {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`http://127.0.0.1:${port}/token?${query}`, { headers });
    return [response.status, ((await response.json()) as { access_token?: string }).access_token];
  };
  try {
    await eventually(async () => (await ask('appid=wx1').catch(() => []))[0] === 200);
    expect(await ask('appid=wx1')).toEqual([200, 'first']);
    expect(await ask('appid=wx1&refresh=1')).toEqual([200, 'next']);
    expect(await ask('appid=wx1&refresh=1')).toEqual([200, 'first']);
    const refused = [await ask('appid=wx2'), await ask('appid=wx1', 'kez'), await ask('')];
    expect(refused.map(([status]) => status)).toEqual([404, 401, 400]);
  } finally {
    server.kill();
    await once(server, 'exit');
  }
});
