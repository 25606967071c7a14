import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.js';
import { useSharedWorld, world } from './use-world.js';
import { unary } from './world.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const SHOWN = '127.0.0.1:50051';

useSharedWorld('component');

let readme: string;
beforeAll(async () => {
  readme = await readFile(`${root}README.md`, 'utf8');
});

/** The first code block of a language that contains a text. */
function block(language: string, having: string): string {
  const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)];
  return blocks.find(([, name, text]) => name === language && text?.includes(having))?.[2] ?? '';
}

describe('README.md', () => {
  it('The README’s curl command authorizes a mini-program', async () => {
    const env = { ...process.env, WECHAT: world.stack.addresses.wechat };
    await run('bash', ['-c', block('sh', 'curl --fail')], { cwd: root, timeout: 20_000, env });
    await eventually(() => unary(world.authorizers, 'getAuthorizer', { appid: 'wx0123456789abcdef' }));
  });

  it('The README’s buf curl command accepts a Commit', async () => {
    const command = block('sh', 'buf curl').replace(SHOWN, world.stack.addresses.grpc);
    const { stdout } = await run('bash', ['-c', command], { cwd: root, timeout: 20_000 });
    expect(JSON.parse(stdout)).toMatchObject({ method: 'Commit', state: 'OPERATION_STATE_QUEUED' });
  });

  it('The README’s TypeScript program runs a Commit that succeeds', async () => {
    const folder = `${root}test/dist`;
    const program = `${folder}/readme-example.mjs`;
    await mkdir(folder, { recursive: true });
    await writeFile(program, block('ts', 'CodeManagementClient'));
    const env = { ...process.env, GRPC_ADDR: world.stack.addresses.grpc };
    const { stdout } = await run(process.execPath, [program], { env, timeout: 20_000 });
    await rm(program);
    expect(stdout.trim()).toBe('Commit OPERATION_STATE_SUCCEEDED');
  });
});
