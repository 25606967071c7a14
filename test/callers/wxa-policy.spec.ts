import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { useFolder } from '../use-folder.js';

const dist = (file: string) => import(new URL(`../../apps/cli/dist/verbs/${file}`, import.meta.url).href);
const { runVerb } = await dist('command.js');
const { verbIn } = await dist('verbs.js');

const folder = useFolder();
const file = join(folder, 'policy.yaml');

const POLICY = `version: 1
appids:
  food:     { file: food.txt }
  platform: { component: true }
callers:
  - name: shop
    credentials: [{ cn: shop }]
    allow: [{ methods: ["CodeManagement/*"], appids: [food] }, { methods: ["Templates/*"], appids: [platform] }]
    deny:  [{ methods: ["CodeManagement/Release"], appids: ["wx00000000000000ff"], reason: "frozen until 7 January" }]
`;

let printed: { stdout: string; stderr: string };
const before = process.env.WECHAT_COMPONENT_APPID;
beforeAll(() => {
  process.env.WECHAT_COMPONENT_APPID = 'wxcomponent';
});
beforeEach(() => {
  const into = (stream: 'stdout' | 'stderr') => (text: unknown) => {
    printed[stream] += `${text}\n`;
  };
  jest.spyOn(console, 'log').mockImplementation(into('stdout'));
  jest.spyOn(console, 'error').mockImplementation(into('stderr'));
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => {
  if (before === undefined) delete process.env.WECHAT_COMPONENT_APPID;
  else process.env.WECHAT_COMPONENT_APPID = before;
});

/** Runs the command in this process: a process of its own takes a second for each. */
async function wxa(...args: string[]) {
  printed = { stdout: '', stderr: '' };
  const status = await runVerb(verbIn(['policy', ...args])).catch(statusOf);
  return { status, ...printed };
}

/** As the program ends. */
function statusOf(error: Error): number {
  if (error.name !== 'ConfigError' && error.constructor.name !== 'UsageError') throw error;
  return error.name === 'ConfigError' ? 78 : 64;
}

function write(policy: string, food = 'wx0000*\n') {
  writeFileSync(file, policy);
  writeFileSync(join(folder, 'food.txt'), food);
}
const explain = (method: string, appid: string, caller = 'shop') =>
  wxa('explain', file, '--caller', caller, '--method', method, '--appid', appid);

describe('wxa policy check', () => {
  it('A valid file ends with 0, an invalid one with 1 and all errors with their lines', async () => {
    write(POLICY);
    expect(await wxa('check', file)).toMatchObject({ status: 0, stdout: 'valid: 1 caller\n' });
    write(POLICY.replace('[food]', '[fod]').replace('name: shop', 'name: Shop'), 'wx0000\n');
    const { status, stdout } = await wxa('check', file);
    expect(status).toBe(1);
    const places = stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(folder, '').replace(/: .*/, ''));
    expect(places.sort()).toEqual(['/policy.yaml:6', 'food.txt:1']);
    const missing = await wxa('check', join(folder, 'missing.yaml'));
    expect([missing.status, missing.stdout]).toEqual([1, expect.stringContaining('cannot be read')]);
  });

  it('A caller that may read the tokens of all mini-programs is a warning, by Tokens/* or by the token of the platform', async () => {
    const warning = 'warning: caller shop may read the access tokens of all mini-programs\n';
    const allow = (methods: string, appids: string) =>
      POLICY.replace(/allow: .*/, `allow: [{ methods: ["${methods}"], appids: ${appids} }]`);
    for (const [methods, appids, expected] of [
      ['Tokens/*', 'all', warning],
      ['Tokens/GetAccessToken', '[platform]', warning],
      ['Tokens/*', '[food]', ''],
    ] as const) {
      write(allow(methods, appids));
      expect(await wxa('check', file)).toMatchObject({ status: 0, stdout: `valid: 1 caller\n${expected}` });
    }
    write(allow('*', 'all'));
    const read = ['Tokens/GetAccessToken', 'wx0000000000000001'] as const;
    expect((await explain(...read)).stdout).toContain('no rule allows it');
    write(allow('Tokens/*', '[platform, food]'));
    expect((await explain(...read)).status).toBe(0);
    expect((await explain('Tokens/GetAccessToken', 'wxcomponent')).status).toBe(0);
  });

  it('A deny rule for a method of the steps is a warning for a caller with rollouts, and the file is valid', async () => {
    const withRollouts = POLICY.replace('["CodeManagement/*"]', '["CodeManagement/*", "Rollouts/*"]');
    write(withRollouts);
    const { status, stdout } = await wxa('check', file);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^valid: 1 caller\nwarning: caller shop may call Rollouts\/CreateRollout .* CodeManagement\/Release: /,
    );
    const { warnings } = JSON.parse((await wxa('check', file, '--json')).stdout);
    expect(warnings).toEqual([expect.any(String)]);
    write(withRollouts.replace('["CodeManagement/Release"]', '["CodeManagement/*", "Rollouts/*"]'));
    expect(await wxa('check', file)).toMatchObject({ status: 0, stdout: 'valid: 1 caller\n' });
  });

  it.each([
    ['all', '["wx0000000000000001"]', true],
    ['all', '["wx*"]', false],
    ['all', 'all', false],
    ['["wx00*", "wx01*"]', '["wx00*"]', true],
    ['["wx00*", "wx0100000000000001"]', '["wx01*", "wx00*"]', false],
    ['["wx0*"]', '["wx00*"]', true],
  ])(
    'A caller with rollouts for %s and steps for %s: a warning is printed: %s',
    async (created, called, warns) => {
      const rules = `{ methods: ["Rollouts/*"], appids: ${created} }, { methods: ["CodeManagement/*"], appids: ${called} }`;
      write(POLICY.replace(/allow: .*/, `allow: [${rules}]`).replace(/\n *deny: .*/, ''));
      const { status, stdout } = await wxa('check', file);
      expect(status).toBe(0);
      expect(stdout.includes('warning: caller shop may call Rollouts/CreateRollout')).toBe(warns);
    },
  );
});

describe('wxa policy explain', () => {
  it('The decision is printed with the deciding rule and its line; 0 is allowed and 1 denied', async () => {
    write(POLICY);
    const frozen = 'wx00000000000000ff';
    const allowed = `allowed: shop CodeManagement/Commit ${frozen}\n${file}:8: allow rule\n`;
    const denied = expect.stringContaining(`${file}:9: deny rule: frozen until 7 January`);
    const notAllowed = expect.stringContaining('no rule allows it');
    for (const [method, appid, status, stdout] of [
      ['CodeManagement/Commit', frozen, 0, allowed],
      ['CodeManagement/Release', frozen, 1, denied],
      ['CodeManagement/Commit', 'wxffffffffffffffff', 1, notAllowed],
    ] as const)
      expect(await explain(method, appid)).toMatchObject({ status, stdout });
    expect((await explain('Templates/ListDrafts', 'wxcomponent')).status).toBe(0);
  });

  it('An unknown caller or method ends with 64, and an invalid file with 78', async () => {
    write(POLICY);
    expect((await explain('CodeManagement/Commit', 'wx00000000000000ff', 'nobody')).status).toBe(64);
    expect((await explain('Commit', 'wx00000000000000ff')).status).toBe(64);
    expect((await wxa('explain', file)).status).toBe(64);
    write('version: 2');
    expect((await explain('CodeManagement/Commit', 'wx00000000000000ff')).status).toBe(78);
  });
});

it('A decision on a listed call needs its name', async () => {
  const calls = 'calls: { penalties: { api: wxa/getillegalrecords, http: POST, effect: none } }';
  const allow = 'allow: [{ methods: ["Calls/*"], calls: [penalties], appids: all }]';
  write(`version: 1\n${calls}\ncallers: [{ name: shop, credentials: [{ cn: shop }], ${allow} }]\n`);
  const asked = ['--caller', 'shop', '--method', 'Calls/QueryWechat', '--appid', 'wx0123456789abcdef'];
  expect((await wxa('explain', file, ...asked)).status).toBe(1);
  expect((await wxa('explain', file, ...asked, '--call', 'penalties')).status).toBe(0);
});

it('The printed line makes the printed key one of the caller, and two keys differ', async () => {
  const { status, stdout } = await wxa('new-key', 'shop');
  expect(status).toBe(0);
  const [, key = '', , line = ''] = stdout.split('\n');
  expect(key).toMatch(/^wxa_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$/);
  write(POLICY.replace('[{ cn: shop }]', `\n${line}`));
  expect(await wxa('check', file)).toMatchObject({ status: 0 });
  expect((await wxa('new-key', 'shop')).stdout).not.toContain(key);
  expect((await wxa('new-key', 'Not a name')).status).toBe(64);
});

it('Step 3 shows what its commands print for the policy of step 2', async () => {
  const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
  const block = (kind: string) =>
    page.match(new RegExp(` {3}\`\`\`${kind}\\n(.*?) {3}\`\`\``, 's'))?.[1]?.replaceAll(/^ {3}/gm, '');
  let callers = 0;
  const withKey = (_line: string) => {
    callers += 1;
    return `id: "aaaaaaa${callers}", sha256: "${String(callers).repeat(64)}"`;
  };
  write(block('yaml')?.replaceAll('id: "…", sha256: "…"', withKey) ?? '');
  const results = [await wxa('check', file), await explain('CodeManagement/Commit', 'wx1000000000000001')];
  expect(results.map(({ status }) => status)).toEqual([0, 1]);
  expect(results.map(({ stdout }) => stdout).join('')).toBe(block('text'));
});
