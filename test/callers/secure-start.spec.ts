import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { secretsIn } from '@wxa/stack';
import { NpmStart, type Run } from '../npm-start.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MINUTE = 60_000;
const LIST = 'Operations/ListOperations';
const COMMIT = (appid: string) =>
  JSON.stringify({ appid, templateId: 1, userVersion: '1.0.0', userDesc: 'by a printed command' });

let npm: NpmStart;
let run: Run;
beforeAll(async () => {
  npm = new NpmStart();
  run = npm.start(['--secure']);
  await run.says('ready');
}, MINUTE);
afterAll(() => npm.end(), MINUTE);

/** The command that `npm start -- --secure` printed for a caller. */
function printedFor(caller: string): string {
  const lines = run.err.split('\n');
  return lines[lines.findIndex((line) => line.startsWith(`${caller}, `)) + 1] ?? '';
}

/** Runs the command of a caller with another RPC and request. */
async function callAs(caller: string, rpc = LIST, request = '{}'): Promise<string> {
  return runInShell(printedFor(caller).replace("--data '{}'", `--data '${request}'`).replace(LIST, rpc));
}

/** What a command writes, whether or not it fails. */
async function runInShell(command: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command], { cwd: ROOT }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return stdout + stderr;
}

it(
  'The printed commands call the gateway as three callers, each with what its policy allows',
  async () => {
    const commit = 'CodeManagement/Commit';
    expect(await callAs('operator', commit, COMMIT('wx1000000000000001'))).toContain(
      '"acceptedBy": "operator"',
    );
    expect(await callAs('shop', commit, COMMIT('wx0000000000000001'))).toContain('"acceptedBy": "shop"');
    expect(await callAs('shop', commit, COMMIT('wx1000000000000001'))).toContain('permission_denied');
    expect(await callAs('auditor', commit, COMMIT('wx0000000000000001'))).toContain('permission_denied');
    const [everything, own] = [await callAs('auditor'), await callAs('shop')];
    for (const appid of ['wx0000000000000001', 'wx1000000000000001']) expect(everything).toContain(appid);
    expect(own).toContain('wx0000000000000001');
    expect(own).not.toContain('wx1000000000000001');
  },
  MINUTE,
);

it('A printed command with a wrong API key says that the key is invalid', async () => {
  const command = printedFor('shop').replace(/\$\(cat [^)]*\)/, `wxa_aaaaaaaa_${'x'.repeat(43)}`);
  const output = await runInShell(command);
  expect(output).toContain('unauthenticated');
  expect(output).toContain('the API key is invalid, or belongs to no caller');
});

it('No secret is in the environment of a process of the product, nor in a log', async () => {
  const home = join(npm.folder, 'home/secure');
  const read = (...path: string[]) => readFileSync(join(home, ...path), 'utf8');
  const platform = JSON.parse(read('platform.json')) as Record<string, string>;
  const users = ['gateway', 'release-worker'].map((user) => [
    user,
    read('kafka-security', `${user}.password`),
  ]);
  const secrets = { ...platform, ...Object.fromEntries(users) };
  const apps = (await npm.processes()).filter(({ command }) =>
    /(gateway|release-worker|wechat-sim)\/dist/.test(command),
  );
  expect(apps).toHaveLength(3);
  for (const { pid, command } of apps) {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    expect(environment).toContain('WECHAT_CALLBACK_TOKEN_FILE=');
    if (!command.includes('wechat-sim')) expect(environment).toContain('sslmode=verify-full');
    expect(secretsIn(environment, secrets)).toEqual([]);
  }
  const logs = readdirSync(join(home, 'logs')).map((name) => read('logs', name));
  expect(secretsIn(logs.join('\n'), secrets)).toEqual([]);
});
