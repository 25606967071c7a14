import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';

const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wxa-policy-'));
const file = join(folder, 'policy.yaml');

afterAll(() => rmSync(folder, { recursive: true }));

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

function wxa(...args: string[]) {
  const env = { ...process.env, WECHAT_COMPONENT_APPID: 'wxcomponent' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'policy', ...args], {
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}
function write(policy: string, food = 'wx0000*\n') {
  writeFileSync(file, policy);
  writeFileSync(join(folder, 'food.txt'), food);
}
const explain = (method: string, appid: string, caller = 'shop') =>
  wxa('explain', file, '--caller', caller, '--method', method, '--appid', appid);

describe('wxa policy check', () => {
  it('A valid file ends with 0, an invalid one with 1 and all errors with their lines', () => {
    write(POLICY);
    expect(wxa('check', file)).toMatchObject({ status: 0, stdout: 'valid: 1 callers\n' });
    write(POLICY.replace('[food]', '[fod]').replace('name: shop', 'name: Shop'), 'wx0000\n');
    const { status, stdout } = wxa('check', file);
    expect(status).toBe(1);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(folder, '').replace(/: .*/, ''))
        .sort(),
    ).toEqual(['/policy.yaml:6', 'food.txt:1']);
    expect(wxa('check', join(folder, 'missing.yaml'))).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('cannot be read'),
    });
  });
});

describe('wxa policy check of a caller with rollouts', () => {
  const withRollouts = POLICY.replace('["CodeManagement/*"]', '["CodeManagement/*", "Rollouts/*"]');

  it('A deny rule for a method of the steps is a warning, and the file is valid', () => {
    write(withRollouts);
    const { status, stdout } = wxa('check', file);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^valid: 1 callers\nwarning: caller shop may call Rollouts\/CreateRollout .* CodeManagement\/Release: /,
    );
    expect(JSON.parse(wxa('check', file, '--json').stdout)).toMatchObject({ warnings: [expect.any(String)] });
    write(withRollouts.replace('["CodeManagement/Release"]', '["CodeManagement/*", "Rollouts/*"]'));
    expect(wxa('check', file)).toMatchObject({ status: 0, stdout: 'valid: 1 callers\n' });
  });
});

describe('wxa policy explain', () => {
  it('The decision is printed with the deciding rule and its line; 0 is allowed and 1 denied', () => {
    write(POLICY);
    expect(explain('CodeManagement/Commit', 'wx00000000000000ff')).toMatchObject({
      status: 0,
      stdout: `allowed: shop CodeManagement/Commit wx00000000000000ff\n${file}:8: allow rule\n`,
    });
    expect(explain('CodeManagement/Release', 'wx00000000000000ff')).toMatchObject({
      status: 1,
      stdout: expect.stringContaining(`${file}:9: deny rule: frozen until 7 January`),
    });
    expect(explain('CodeManagement/Commit', 'wxffffffffffffffff')).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('no rule allows it'),
    });
    expect(explain('Templates/ListDrafts', 'wxcomponent').status).toBe(0);
  });

  it('An unknown caller or method ends with 64, and an invalid file with 78', () => {
    write(POLICY);
    expect(explain('CodeManagement/Commit', 'wx00000000000000ff', 'nobody').status).toBe(64);
    expect(explain('Commit', 'wx00000000000000ff').status).toBe(64);
    expect(wxa('explain', file).status).toBe(64);
    write('version: 2');
    expect(explain('CodeManagement/Commit', 'wx00000000000000ff').status).toBe(78);
  });
});

describe('wxa policy new-key', () => {
  it('The printed line makes the printed key one of the caller, and two keys differ', () => {
    const { status, stdout } = wxa('new-key', 'shop');
    expect(status).toBe(0);
    const [, key = '', , line = ''] = stdout.split('\n');
    expect(key).toMatch(/^wxa_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$/);
    write(POLICY.replace('[{ cn: shop }]', `\n${line}`));
    expect(wxa('check', file)).toMatchObject({ status: 0 });
    expect(wxa('new-key', 'shop').stdout).not.toContain(key);
    expect(wxa('new-key', 'Not a name').status).toBe(64);
  });
});

describe('docs/security.md', () => {
  it('Step 3 shows what its commands print for the policy of step 2', () => {
    const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
    const block = (kind: string) =>
      page.match(new RegExp(` {3}\`\`\`${kind}\\n(.*?) {3}\`\`\``, 's'))?.[1]?.replaceAll(/^ {3}/gm, '');
    let callers = 0;
    const withKey = (_line: string) => {
      callers += 1;
      return `id: "aaaaaaa${callers}", sha256: "${String(callers).repeat(64)}"`;
    };
    write(block('yaml')?.replaceAll('id: "…", sha256: "…"', withKey) ?? '');
    const printed = [wxa('check', file), explain('CodeManagement/Commit', 'wx1000000000000001')];
    expect(printed.map(({ status }) => status)).toEqual([0, 1]);
    expect(printed.map(({ stdout }) => stdout).join('')).toBe(block('text'));
  });
});
