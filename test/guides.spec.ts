import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Authorizer, AuthorizerState, type MiniProgram } from '@wxa/contracts';
import { newAppid } from './appid.js';
import { eventually } from './eventually.js';
import { useFolder } from './use-folder.js';
import { useSharedWorld, world } from './use-world.js';
import { unary } from './world.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const SHOWN = '127.0.0.1:50051';

useSharedWorld('component');

let readme: string;
let documents: string;
let operations: string;
const folder = useFolder();
beforeAll(async () => {
  readme = await readFile(`${root}README.md`, 'utf8');
  documents = await readFile(`${root}docs/README.md`, 'utf8');
  operations = await readFile(`${root}docs/operations.md`, 'utf8');
});

/** The first code block of a page that contains a text, with the addresses of this deployment. */
function block(page: string, having: string, language = 'sh'): string {
  const blocks = [...page.matchAll(/^ *```(\w+)\n([\s\S]*?)```/gm)].filter(([, name]) => name === language);
  const [, , text = ''] = blocks.find(([, , each = '']) => each.includes(having)) ?? [];
  return text.replaceAll(SHOWN, world.stack.addresses.grpc);
}

/** What the commands of a block print. */
async function shell(page: string, having: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const command = block(page, having).replaceAll('authorizers.jsonl', join(folder, 'authorizers.jsonl'));
  return (await run('bash', ['-ec', command], { cwd: root, env: { ...process.env, ...env } })).stdout;
}

/** A line of the file of imports. */
const line = (appid: string, refresh_token: string) => `${JSON.stringify({ appid, refresh_token })}\n`;

const get = (appid: string) => unary<Authorizer>(world.authorizers, 'getAuthorizer', { appid });

/** A mini-program that authorized the platform but is unknown to this service, as a line of the file. */
async function customerOfBefore(): Promise<{ appid: string; refreshToken: string }> {
  const appid = newAppid();
  await world.sim.authorize(appid);
  await eventually(async () => (await get(appid)).tokenAge !== undefined);
  await unary(world.authorizers, 'removeAuthorizer', { appid });
  return { appid, refreshToken: (await world.sim.authorization(appid)).refreshToken ?? '' };
}

describe('README.md and docs/README.md', () => {
  it('The curl command of docs/README.md authorizes a mini-program', async () => {
    await shell(documents, 'curl --fail', { WECHAT: world.stack.addresses.wechat });
    await eventually(() => unary(world.authorizers, 'getAuthorizer', { appid: 'wx0123456789abcdef' }));
  });

  it('The README’s buf curl command accepts a Commit', async () => {
    expect(JSON.parse(await shell(readme, 'buf curl'))).toMatchObject({
      method: 'Commit',
      state: 'OPERATION_STATE_QUEUED',
    });
  });

  it('The README’s layer of settings is merged into a Commit', async () => {
    await shell(readme, 'wxa settings put');
    const [row] = await world.sql<{ text: string }>(
      `select request ->> 'extJson' as text from operations where request ->> 'userVersion' = '1.0.1'`,
    );
    expect(JSON.parse(row?.text ?? '')).toEqual({ ext: { theme: 'autumn' } });
    await world.sql('truncate settings_layers, settings_versions');
  });

  it('The TypeScript program of docs/README.md runs a Commit that succeeds', async () => {
    const folder = `${root}test/dist`;
    const program = `${folder}/readme-example.mjs`;
    await mkdir(folder, { recursive: true });
    await writeFile(program, block(documents, 'CodeManagementClient', 'ts'));
    const env = { ...process.env, GRPC_ADDR: world.stack.addresses.grpc };
    const { stdout } = await run(process.execPath, [program], { env });
    await rm(program);
    expect(stdout.trim()).toBe('Commit OPERATION_STATE_SUCCEEDED');
  });
});

it('The commands store the sample layers, and a Commit from settings has their values', async () => {
  const page = await readFile(`${root}docs/settings.md`, 'utf8');
  await writeFile(join(folder, 'platform.yaml'), block(page, 'server_domains', 'yaml'));
  const wxa = { WXA_GATEWAY: world.stack.addresses.grpc, WXA_PLAINTEXT: '1' };
  const env = { ...process.env, ...wxa, PATH: `${root}node_modules/.bin:${process.env.PATH}` };
  await world.sim.authorize('wx0123456789abcdef');
  await eventually(async () => (await get('wx0123456789abcdef')).tokenAge !== undefined);
  const { stdout } = await run('bash', ['-ec', block(page, 'wxa settings put')], { cwd: folder, env });
  expect(stdout).toContain('wss://push.example.com');
  const [row] = await world.sql<{ text: string }>(
    `select request ->> 'extJson' as text from operations
     where request ->> 'fromSettings' = 'true' and request ->> 'userVersion' = '1.0.0'`,
  );
  expect(JSON.parse(row?.text ?? '')).toEqual({
    ...{ extEnable: true, extAppid: 'wx0123456789abcdef' },
    ext: { theme: 'autumn', shopId: 7 },
  });
  await world.sql('truncate settings_layers, settings_versions');
});

describe('docs/first-release.md', () => {
  it('The commands register domains, store a layer and start a rollout that stays open, with which the next customer goes live', async () => {
    const page = await readFile(`${root}docs/first-release.md`, 'utf8');
    await writeFile(join(folder, 'platform.yaml'), block(page, 'server_domains', 'yaml'));
    await writeFile(join(folder, 'first-release.json'), block(page, 'continuous', 'json'));
    const wxa = { WXA_GATEWAY: world.stack.addresses.grpc, WXA_PLAINTEXT: '1' };
    const env = { ...process.env, ...wxa, PATH: `${root}node_modules/.bin:${process.env.PATH}` };
    await world.sim.authorize('wx0123456789abcdef');
    await eventually(async () => (await get('wx0123456789abcdef')).tokenAge !== undefined);
    const simulator = (text: string) => text.replace('http://127.0.0.1:8090', world.stack.addresses.wechat);
    const blocks = [...page.matchAll(/^ *```sh\n([\s\S]*?)```/gm)]
      .map(([, text = '']) => simulator(text).replaceAll(SHOWN, world.stack.addresses.grpc))
      .filter((text) => !text.includes('npm start'));
    let printed = '';
    for (const text of blocks) printed += (await run('bash', ['-ec', text], { cwd: folder, env })).stdout;
    expect(printed).toContain('https://mp.weixin.qq.com/cgi-bin/componentloginpage?');
    const [rollout] = await world.sql<{ id: string }>(`select id from rollouts where open`);
    const program = () => unary<MiniProgram>(world.fleet, 'getMiniProgram', { appid: 'wx00000000000000f1' });
    await eventually(async () => (await program()).live?.userVersion === '2.0.0');
    await unary(world.rollouts, 'cancelRollout', { id: rollout?.id ?? '', reason: '', onBehalfOf: '' });
    await world.sim.patchPlatform({ serverDomains: null, webviewDomains: null });
    await world.sql('truncate settings_layers, settings_versions, platform_domains');
  });
});

describe('onboarding guide in docs/operations.md', () => {
  it('The guide’s commands make a SECRETS_KEY that the configuration check accepts, and the check fails with 78 without it', async () => {
    const settings = {
      DATABASE_URL: world.stack.addresses.postgres,
      KAFKA_BROKERS: world.stack.addresses.kafka,
      WECHAT_COMPONENT_APPID: 'wxc0de000000000000',
      WECHAT_COMPONENT_APPSECRET: 'secret',
      WECHAT_CALLBACK_TOKEN: 'token',
      WECHAT_ENCODING_AES_KEY: 'a'.repeat(43),
    };
    const [make = '', check = ''] = block(operations, '--check').trim().split('\n');
    const made = await run('bash', ['-c', make], { cwd: root });
    const env = { ...process.env, ...settings, SECRETS_KEY: made.stdout.trim() };
    await run('bash', ['-c', check], { cwd: root, env });
    const without = run('bash', ['-c', check], { cwd: root, env: { ...env, SECRETS_KEY: '' } });
    await expect(without).rejects.toMatchObject({ code: 78, stderr: expect.stringContaining('SECRETS_KEY') });
  });

  it('The guide’s command shows that the first component_verify_ticket arrived', async () => {
    const ticketMetric = () => shell(operations, '/metrics', { GATEWAY: world.stack.addresses.http });
    expect(await eventually(ticketMetric)).toMatch(/component_verify_ticket",result="stored"\} [1-9]/);
  });

  it('The guide’s import takes over authorized mini-programs and names the reason if WeChat rejects one', async () => {
    const customers = [await customerOfBefore(), await customerOfBefore()];
    const lines = customers.map(({ appid, refreshToken }) => line(appid, refreshToken));
    await writeFile(join(folder, 'authorizers.jsonl'), lines.join(''));
    const output = await shell(operations, 'authorizers import');
    for (const { appid, refreshToken } of customers) {
      expect(output).toContain(appid);
      expect(output).not.toContain(refreshToken);
      expect((await get(appid)).state).toBe(AuthorizerState.AUTHORIZER_STATE_AUTHORIZED);
    }
    await writeFile(join(folder, 'authorizers.jsonl'), line(newAppid(), 'refreshtoken@@@of-nobody'));
    await expect(shell(operations, 'authorizers import')).rejects.toMatchObject({
      stdout: expect.stringContaining('NOT_AUTHORIZED_TO_PLATFORM'),
    });
  });

  it('The guide’s command creates an authorization link and lists a mini-program that must authorize again', async () => {
    const appid = newAppid();
    await world.sql(`insert into authorizers (appid, state) values ($1, 'NEEDS_AUTHORIZATION')`, [appid]);
    const output = await shell(operations, 'authorizers link');
    expect(output).toContain('https://mp.weixin.qq.com/cgi-bin/componentloginpage?');
    expect(output).toContain(appid);
  });
});
