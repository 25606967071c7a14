import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { addressOf, NpmStart, type Run } from '../start/npm-start.js';
import { useFolder } from '../use-folder.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OLD_PROGRAM = join(ROOT, 'apps/wechat-sim/dist/old-program/main.js');
/** The addresses of the page, which other programs of this machine may use. */
const ADDRESSES = { GRPC_ADDR: 50051, HTTP_ADDR: 8080, SIM_ADDR: 8090, OLD_PROGRAM_ADDR: 8070 };
/** Of the token service, which the page gives to one start only. */
const TOKENS_PORT = 8071;
/** Settings that are paths, relative to the root of the repository. */
const PATHS = ['CALLBACK_FORWARD_FILE', 'AUTH_POLICY_FILE'];

const npm = new NpmStart();
const ports = new Map<number, number>();
let blocks: string[];
let old: ChildProcess;
let service: Run;
let consumer: { process: ChildProcess; out: string } | undefined;
beforeAll(async () => {
  for (const port of [...Object.values(ADDRESSES), TOKENS_PORT]) ports.set(port, await unusedPort());
  const page = await readFile(join(ROOT, 'docs/adoption.md'), 'utf8');
  const [, section = ''] = page.split('## Try it on one machine');
  const [own = ''] = section.split(/^## /m);
  blocks = [...own.matchAll(/^```sh\n([\s\S]*?)```/gm)].map(([, text = '']) => text);
  for (const name of ['node_modules', 'clients']) symlinkSync(join(ROOT, name), join(folder, name));
});
afterAll(async () => {
  old?.kill();
  endConsumer();
  await npm.end();
});
const folder = useFolder();

/** Below the ports of the kernel and of `freePort`, which reserves them for this process: another one is to listen on it. */
async function unusedPort(): Promise<number> {
  const port = randomInt(10_000, 20_000);
  const server = createServer().listen(port, '127.0.0.1');
  const isUnused = await once(server, 'listening').then(
    () => ![...ports.values()].includes(port),
    () => false,
  );
  server.close();
  return isUnused ? port : unusedPort();
}

/** The block with this text, for the addresses of this test. */
function block(having: string): string {
  const text = blocks.find((each) => each.includes(having)) ?? `exit 1 # no ${having}`;
  const moved = [...ports].reduce(
    (all, [of, to]) => all.replaceAll(`127.0.0.1:${of}`, `127.0.0.1:${to}`),
    text,
  );
  return moved
    .replaceAll('DATABASE_URL=…', `DATABASE_URL='${service ? addressOf(service, 'postgres') : ''}'`)
    .replaceAll('KAFKA_BROKERS=…', `KAFKA_BROKERS=${service ? addressOf(service, 'kafka') : ''}`);
}

const credentials = () => block('WECHAT_CALLBACK_TOKEN=try');

/** What a block prints in the third terminal, with the variables of those before it. */
async function third(having: string, before: string[] = []): Promise<string> {
  const exported = before.map((each) => block(each)).flatMap((text) => text.split('\n').filter(isExport));
  const own = `export WXA_GATEWAY=127.0.0.1:${ports.get(50051)}`;
  const command = [credentials(), block('DATABASE_URL=…'), ...exported, own, block(having)].join('\n');
  return (await run('bash', ['-ec', command], { cwd: folder, timeout: 120_000 })).stdout;
}
const isExport = (line: string) => line.startsWith('export ');

/** Runs a block in the fourth terminal until the test ends it, with all processes that it starts. */
function fourth(having: string): void {
  const running = spawn('bash', ['-ec', block(having)], { cwd: folder, detached: true });
  const made = { process: running, out: '' };
  running.stdout.on('data', (chunk) => {
    made.out += chunk;
  });
  consumer = made;
}

function endConsumer(): void {
  const running = consumer?.process;
  if (running?.pid !== undefined && running.exitCode === null) process.kill(-running.pid);
  consumer = undefined;
}

/** The environment in which the second terminal runs `npm start`, with the variables of the commands before. */
async function envOf(commands: string, before: string): Promise<NodeJS.ProcessEnv> {
  const shown = commands.replace('npm start', `${process.execPath} -p 'JSON.stringify(process.env)'`);
  const exported = `${block('SIM_TOKEN_MODE')}\n${before}`.split('\n').filter(isExport);
  const all = [credentials(), ...exported, shown].join('\n');
  const { stdout } = await run('bash', ['-ec', all], { cwd: folder });
  const env = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, string>;
  const addresses = Object.entries(ADDRESSES).map(([name, port]) => [name, `127.0.0.1:${ports.get(port)}`]);
  const paths = PATHS.flatMap((name) => (env[name] ? [[name, join(folder, env[name])]] : []));
  return { ...env, ...Object.fromEntries([...addresses, ...paths]) };
}

async function start(commands: string, before = ''): Promise<void> {
  await service?.end();
  service = npm.start(commands.includes('--fresh') ? ['--fresh'] : [], await envOf(commands, before));
  await service.says('\nready');
}

const EXPORTS = ['adopt check --step 0'];
const WITH_POLICY = [...EXPORTS, 'WXA_TOKEN_FILE=operator.key'];

it('The commands take a newcomer beside the old program, in front of it, to a consumer, own tokens and a listed call, and back', async () => {
  await startOldProgram();
  await start(block('SIM_TOKEN_MODE'));
  const first = await third('adopt check --step 0');
  expect(first).toMatch(/"reply":"[^}]*hello/);
  expect(first).toContain('SUCCEEDED');
  expect(await third('adopt check --step 2', EXPORTS)).toContain('wxa_adopt_check arrived');
  await eventually(async () => {
    const again = await third('hello again', EXPORTS);
    expect(again).toMatch(/"reply":"[^}]*hello again/);
    expect(again).toContain('text');
  });
  await giveEventsToConsumer();
  await third('policy new-key', EXPORTS);
  endConsumer();

  const own = block('TOKEN_SERVICE_ADDR=127.0.0.1');
  await start(own);
  const owned = await third('WXA_TOKEN_FILE=operator.key', EXPORTS);
  expect(owned).toMatch(/repaired\D*1/);
  expect(owned).toContain('SUCCEEDED');
  expect(owned).toContain('"access_token"');
  await third('adopt check --step 5', WITH_POLICY);
  await eventually(async () => {
    const called = await third('wxa call penalties', WITH_POLICY);
    expect(called).toContain('滥用模板消息');
    expect(called).toContain('CALLER_NOT_ALLOWED');
  });

  await third(`NAMES='"*"'`, EXPORTS);
  await start('npm start', own);
  expect(await third('forget-tokens', WITH_POLICY)).toContain('SUCCEEDED');
}, 600_000);

async function startOldProgram(): Promise<void> {
  const { stdout } = await run('bash', ['-ec', `${credentials()}\nenv`]);
  const env = Object.fromEntries(stdout.split('\n').map((line) => line.split(/=(.*)/s)));
  old = spawn(process.execPath, [OLD_PROGRAM], {
    env: {
      ...env,
      WECHAT_API_URL: `http://127.0.0.1:${ports.get(8090)}`,
      OLD_PROGRAM_ADDR: `127.0.0.1:${ports.get(8070)}`,
    },
  });
}

/** The consumer prints the text; once the rule is narrowed, the old program does not get the next event. */
async function giveEventsToConsumer(): Promise<void> {
  fourth('platform-events.js');
  await eventually(() => consumer?.out.includes('message text hello again') === true);
  await eventually(() => third('--group crm', EXPORTS));
  let before = -1;
  await eventually(async () => {
    const received = (await third('"user_enter_tempsession"', EXPORTS)).split(
      'user_enter_tempsession',
    ).length;
    const isUnchanged = received === before;
    before = received;
    return isUnchanged;
  });
  await eventually(() => consumer?.out.includes('event user_enter_tempsession') === true);
}
