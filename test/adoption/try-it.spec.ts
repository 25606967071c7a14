import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { serve } from '../serve.js';
import { addressOf, NpmStart, type Run } from '../start/npm-start.js';
import { useFolder } from '../use-folder.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OLD_PROGRAM = join(ROOT, 'apps/wechat-sim/dist/old-program/main.js');
/** The addresses of the page, which other programs of this machine may use. */
const ADDRESSES = { GRPC_ADDR: 50051, HTTP_ADDR: 8080, SIM_ADDR: 8090, OLD_PROGRAM_ADDR: 8070 };

const npm = new NpmStart();
const ports = new Map<number, number>();
let blocks: string[];
let old: ChildProcess;
let service: Run;
beforeAll(async () => {
  for (const port of Object.values(ADDRESSES)) ports.set(port, await unusedPort());
  const page = await readFile(join(ROOT, 'docs/adoption.md'), 'utf8');
  const [, section = ''] = page.split('## Try it on one machine');
  const [own = ''] = section.split(/^## /m);
  blocks = [...own.matchAll(/^```sh\n([\s\S]*?)```/gm)].map(([, text = '']) => text);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(async () => {
  old?.kill();
  await npm.end();
}, 60_000);
const folder = useFolder();

/** Not reserved for this process: another one is to listen on it. */
async function unusedPort(): Promise<number> {
  const { url, stop } = await serve(() => undefined);
  await stop();
  return Number(new URL(url).port);
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

/** The environment in which the second terminal runs `npm start`. */
async function envOf(commands: string): Promise<NodeJS.ProcessEnv> {
  const shown = commands.replace('npm start', `${process.execPath} -p 'JSON.stringify(process.env)'`);
  const all = [credentials(), block('SIM_TOKEN_MODE').split('\n').filter(isExport).join('\n'), shown];
  const { stdout } = await run('bash', ['-ec', all.join('\n')], { cwd: folder });
  const { CALLBACK_FORWARD_FILE = '', ...env } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  const addresses = Object.entries(ADDRESSES).map(([name, port]) => [name, `127.0.0.1:${ports.get(port)}`]);
  return {
    ...env,
    ...Object.fromEntries(addresses),
    CALLBACK_FORWARD_FILE: join(folder, CALLBACK_FORWARD_FILE),
  };
}

async function start(commands: string): Promise<void> {
  await service?.end();
  service = npm.start(commands.includes('--fresh') ? ['--fresh'] : [], await envOf(commands));
  await service.says('\nready');
}

it('The commands take a newcomer beside the old program, in front of it, to own tokens and back', async () => {
  const { stdout } = await run('bash', ['-ec', `${credentials()}\nenv`]);
  const env = Object.fromEntries(stdout.split('\n').map((line) => line.split(/=(.*)/s)));
  old = spawn(process.execPath, [OLD_PROGRAM], {
    env: {
      ...env,
      WECHAT_API_URL: `http://127.0.0.1:${ports.get(8090)}`,
      OLD_PROGRAM_ADDR: `127.0.0.1:${ports.get(8070)}`,
    },
  });
  await start(block('SIM_TOKEN_MODE'));
  const first = await third('adopt check --step 0');
  expect(first).toMatch(/"reply":"[^}]*hello/);
  expect(first).toContain('SUCCEEDED');
  const EXPORTS = ['adopt check --step 0'];
  expect(await third('adopt check --step 2', EXPORTS)).toContain('wxa_adopt_check arrived');
  await eventually(async () => {
    const again = await third('hello again', EXPORTS);
    expect(again).toMatch(/"reply":"[^}]*hello again/);
    expect(again).toContain('text');
  }, 60_000);

  await start(block('WECHAT_TOKEN_SOURCE=component npm start'));
  const owned = await third('"hand"', EXPORTS);
  expect(owned).toMatch(/repaired\D*1/);
  expect(owned).toContain('SUCCEEDED');

  await start('npm start');
  expect(await third('forget-tokens', EXPORTS)).toContain('SUCCEEDED');
}, 400_000);
