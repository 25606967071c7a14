import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { newApiKey } from '@wxa/policy';
import { newAppid } from '../appid.js';
import { serve } from '../serve.js';
import { useFolder } from '../use-folder.js';
import { useSharedWorld, world } from '../use-world.js';
import type { CheckResult } from './adopt-checks.js';
import { authorized, otherProgramRenews, useOtherProgram } from './other-program.js';

useSharedWorld('component');
useOtherProgram();
const folder = useFolder();

type Checks = Record<string, { run(tools: object): Promise<CheckResult | CheckResult[]> }>;
const adopt = async (file: string): Promise<Checks> =>
  import(new URL(`../../apps/cli/dist/adopt/${file}`, import.meta.url).href);

/** What a check says before step 4, in the environment of the apps. */
async function found(name: 'contested' | 'authorizers' | 'tokenReaders', given: Record<string, string> = {}) {
  const checks = await adopt(name === 'tokenReaders' ? 'readers.js' : 'directory.js');
  const env = { ...world.settings, WECHAT_API_URL: world.stack.addresses.wechat, ...given };
  const rows = (text: string, values?: unknown[]) => world.sql(text, values);
  return [(await checks[name]?.run({ env, step: 4, rows })) ?? []].flat();
}

it("After another program has renewed the platform's token the check fails, at once and for 10 minutes after workers noticed it", async () => {
  const appid = await authorized();
  await world.sql(`update components set contested_at = null`);
  expect(await found('contested')).toMatchObject([{ result: 'ok' }]);
  await otherProgramRenews(appid);
  const rejected = { result: 'fail', detail: expect.stringContaining('another program has renewed it') };
  expect(await found('contested')).toMatchObject([rejected]);
  expect(await world.call('GetSupportVersion', { appid }, 60_000)).toBeDefined();
  const noticed = { result: 'fail', detail: expect.stringMatching(/^\d min ago another program/) };
  expect(await found('contested')).toMatchObject([noticed]);
  await world.sql(`update components set contested_at = contested_at - interval '10 minutes'`);
  expect(await found('contested')).toMatchObject([{ result: 'ok' }]);
});

it("It compares the mini-programs with WeChat's list, and says so if it cannot read that", async () => {
  const [missing, unlisted] = [await authorized(), newAppid()];
  await world.sql('delete from authorizers where appid = $1', [missing]);
  await world.sql(`insert into authorizers (appid, state) values ($1, 'AUTHORIZED')`, [unlisted]);
  const details = async (env?: Record<string, string>) =>
    (await found('authorizers', env)).map(({ detail }) => detail).join('\n');
  const different = await details();
  expect(different).toMatch(/\d+ accounts that WeChat lists are not known here/);
  expect(different).toMatch(/\d+ accounts that are authorized here are not in the list/);
  expect(await details({ SECRETS_KEY: '' })).toContain("WeChat's list was not read: SECRETS_KEY is not set");
  await world.sql('delete from authorizers where appid = $1', [unlisted]);
  await world.sim.authorize(missing);
});

it('It says what each reader of tokens gets and whether the token service can recognize it', async () => {
  const appid = await authorized();
  const file = join(folder, 'policy.yaml');
  const { id, sha256 } = newApiKey();
  const caller = (name: string, credential: string, more = '') =>
    `  - name: ${name}
    credentials: [${credential}]
    allow: [{ methods: ["Tokens/*"], appids: ["${appid}"] }]${more}\n`;
  const key = (expires: string) => `{ apiKey: { id: "${id}", sha256: "${sha256}", expires: "${expires}" } }`;
  const listener = await serve((_, response) => response.writeHead(401).end());
  const env = { AUTH_POLICY_FILE: file, TOKEN_SERVICE_ADDR: listener.url.replace('http://', '') };
  const of = async (callers: string) => {
    await writeFile(file, `version: 1\ncallers:\n${callers}`);
    return (await found('tokenReaders', env)).map(({ result, detail }) => `${result} ${detail}`);
  };
  try {
    const all = await of(caller('crm', '{ cn: crm }') + caller('erp', key('2099-01-01')));
    expect(all).toEqual([
      expect.stringMatching(/^ok crm reads the tokens of 1 of \d+ mini-programs, and renews those of 1$/),
      expect.stringMatching(/^ok erp reads the tokens of 1 of /),
      'fail crm has no valid credential: GRPC_TLS_CLIENT_CA_FILE is not set',
      `ok ${env.TOKEN_SERVICE_ADDR} refuses a read without a credential`,
    ]);
    const expired = 'fail erp has no valid credential: its API key expired on 2020-01-01';
    expect(await of(caller('erp', key('2020-01-01')))).toContain(expired);
  } finally {
    await listener.stop();
  }
  const nobody = await found('tokenReaders', env);
  expect(nobody.at(-1)).toMatchObject({ result: 'warn', detail: expect.stringContaining('was not reached') });
});
