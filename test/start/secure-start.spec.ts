import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { secretsIn } from '@wxa/stack';
import kafkajs from 'kafkajs';
import { eventually } from '../eventually.js';
import { addressOf, NpmStart, type Run, START_MS } from './npm-start.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const LIST = 'Operations/ListOperations';
const COMMIT = (appid: string) =>
  JSON.stringify({ appid, templateId: 1, userVersion: '1.0.0', userDesc: 'by a printed command' });

let npm: NpmStart;
let run: Run;
beforeAll(async () => {
  npm = new NpmStart();
  run = npm.start(['--secure']);
  await run.says('ready');
}, 2 * START_MS);
afterAll(() => npm.end());

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

it('The printed commands call the gateway as three callers, each with what its policy allows', async () => {
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
});

it('The printed settings read the events from Kafka, with a group of the printed prefix', async () => {
  const pairs = printedFor('subscriber').trim().split(' ');
  const settings = Object.fromEntries(pairs.map((pair) => pair.split('=')));
  const kafka = new kafkajs.Kafka({
    brokers: [addressOf(run, 'kafka')],
    logLevel: kafkajs.logLevel.NOTHING,
    ssl: { ca: readFileSync(settings.KAFKA_TLS_CA_FILE, 'utf8') },
    sasl: {
      mechanism: 'scram-sha-512',
      username: settings.KAFKA_SASL_USERNAME,
      password: readFileSync(settings.KAFKA_SASL_PASSWORD_FILE, 'utf8'),
    },
  });
  const consumer = kafka.consumer({ groupId: 'subscriber-1' });
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPICS.outcomes], fromBeginning: true });
  await callAs('shop', 'CodeManagement/Commit', COMMIT('wx0000000000000002'));
  const keys: string[] = [];
  await consumer.run({ eachMessage: async ({ message }) => void keys.push(String(message.key)) });
  await eventually(() => expect(keys).toContain('wx0000000000000002'));
  await consumer.disconnect();
});

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
