import { readdirSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthorizersClient, CodeManagementClient } from '@wxa/contracts';
import { waitUntil } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import { unary } from '../world.js';
import { addressOf, NpmStart, type Run, START_MS } from './npm-start.js';

const COMPONENT = { WECHAT_TOKEN_SOURCE: 'component' };
const APPID = 'wx0123456789abcdef';

async function untilAuthorized(run: Run, appid: string): Promise<void> {
  const client = new AuthorizersClient(addressOf(run, 'grpc'), credentials.createInsecure());
  const hasToken = async () =>
    expect(await unary(client, 'getAuthorizer', { appid })).toHaveProperty('tokenAge.seconds');
  await waitUntil(hasToken, { name: 'the authorization', timeoutMs: START_MS });
  client.close();
}

/** Makes the worker call WeChat for a mini-program, with its stored or a new token. */
async function categoriesOf(run: Run, appid: string): Promise<number> {
  const client = new CodeManagementClient(addressOf(run, 'grpc'), credentials.createInsecure());
  const answer = await unary<{ categories: unknown[] }>(client, 'listCategories', { appid, requestId: '' });
  client.close();
  return answer.categories.length;
}

/** One run, because each takes seconds to start; the tests follow its life. */
describe('a running npm start', () => {
  const npm = new NpmStart();
  let run: Run;
  beforeAll(async () => {
    run = npm.start(['--workers', '2'], COMPONENT);
    await run.says('ready');
  }, 2 * START_MS);
  afterAll(() => npm.end());

  it('npm start prints its addresses and ready and answers there', async () => {
    const lines = run.out.trimEnd().split('\n');
    const names = lines.map((line) => line.split('=')[0]);
    expect(names).toEqual([
      'grpc',
      'http',
      'worker',
      'worker',
      'postgres',
      'kafka',
      'wechat',
      'console',
      'ready',
    ]);
    const urls = lines.filter((line) => /^(http|worker)=/.test(line)).map((line) => line.split('=')[1]);
    const answers = await Promise.all(urls.map((url) => fetch(`${url}/readyz`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('npm start names an address that is taken and exits with 1', async () => {
    const taken = /^http=http:..(.*)$/m.exec(run.out)?.[1] ?? '';
    const second = npm.start([], { HTTP_ADDR: taken, STACK_HOME: join(npm.folder, 'other') });
    expect(await second.exitCode()).toBe(1);
    expect(second.err).toBe(
      `HTTP_ADDR: the address ${taken} is taken by another process; stop that process, or set another address.\n`,
    );
  });

  it('npm start restarts an app that died on its address', async () => {
    const pid = (await npm.processes()).find(({ command }) => command.includes('apps/gateway'))?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await run.says('gateway (process');
    const http = /^http=(.*)$/m.exec(run.out)?.[1];
    await waitUntil(async () => expect((await fetch(`${http}/readyz`)).status).toBe(200), {
      name: 'the gateway',
      timeoutMs: START_MS,
    });
  });

  it(
    'npm start restarts PostgreSQL and Kafka if they die, and queries succeed again',
    async () => {
      await new SimControl(addressOf(run, 'wechat')).authorize(APPID);
      await untilAuthorized(run, APPID);
      expect(await categoriesOf(run, APPID)).toBeGreaterThan(0);
      for (const [name, command] of [
        ['Kafka', 'kafka.Kafka'],
        ['PostgreSQL', 'bin/postgres -D'],
      ] as const) {
        const found = (await npm.processes()).find((one) => one.command.includes(command));
        process.kill(found?.pid ?? 0, 'SIGKILL');
        await run.says(`${name} (process ${found?.pid}) died: SIGKILL; restarting`);
        await waitUntil(() => categoriesOf(run, APPID), {
          name: `answers after ${name}`,
          timeoutMs: START_MS,
        });
      }
    },
    3 * START_MS,
  );

  it(
    'npm start keeps the authorizations when it is started again after SIGKILL, and leaves no process after SIGTERM',
    async () => {
      run.process.kill('SIGKILL');
      const again = npm.start([], COMPONENT);
      await again.says('ready');
      // The stored key decrypts the tokens, and the simulator knows them too.
      expect(await categoriesOf(again, APPID)).toBeGreaterThan(0);
      again.process.kill('SIGTERM');
      expect(await again.exitCode()).toBe(0);
      await npm.leavesNothing();
    },
    3 * START_MS,
  );
});

describe('npm start', () => {
  let npm: NpmStart;
  beforeEach(() => {
    npm = new NpmStart();
  });
  afterEach(() => npm.end());

  it(
    'npm start leaves no process or file if it is stopped at any moment of its start',
    async () => {
      // A tool may have ended before it is seen.
      for (const moment of [/initdb|bin\/postgres/, /StorageTool|kafka\.Kafka/, /kafka\.Kafka/]) {
        const run = npm.start(['--fresh']);
        await waitUntil(
          async () => {
            const commands = (await npm.processes()).map(({ command }) => command);
            expect(commands.some((command) => moment.test(command))).toBe(true);
          },
          { name: `${moment}`, timeoutMs: START_MS },
        );
        run.process.kill('SIGINT');
        expect(await run.exitCode()).toBe(0);
        expect(run.out).not.toContain('ready');
        await npm.leavesNothing();
        expect(readdirSync(npm.folder)).toEqual(['home']);
      }
    },
    2 * START_MS,
  );

  it('npm start names a wrong argument or a missing tool in one sentence and exits with 1', async () => {
    const old = join(npm.folder, 'java');
    await writeFile(old, '#!/bin/sh\necho \'java version "1.8.0_402"\' >&2\n');
    await chmod(old, 0o755);
    // Tools that PostgreSQL needs if run as root.
    const postgresTools = ['id', 'setpriv'].map((name): [string, string] => [name, npm.which(name)]);
    const noJava = npm.toolsOnly(postgresTools);
    const noMaven = npm.toolsOnly([['java', npm.which('java')], ...postgresTools]);
    const oldJava = npm.toolsOnly([['java', old], ...postgresTools]);
    const cases: [args: string[], env: NodeJS.ProcessEnv, sentence: RegExp][] = [
      [['--workers', 'x'], {}, /^--workers must be .*"x"/],
      [['--nonsense'], {}, /'--nonsense'/],
      [[], { PATH: noJava, JAVA_HOME: '' }, /^Java .* was not found: .*install a JDK/],
      [[], { PATH: oldJava, JAVA_HOME: '' }, /^Java 8 is too old .*install a JDK/],
      [
        [],
        { PATH: noMaven, JAVA_HOME: '', XDG_CACHE_HOME: join(npm.folder, 'cache') },
        /^Maven \(mvn\),.* was not found: install Maven/,
      ],
    ];
    for (const [args, env, sentence] of cases) {
      const run = npm.start(args, env);
      expect(await run.exitCode()).toBe(1);
      expect(run.err.trimEnd()).toMatch(sentence);
      expect(run.err.trimEnd().split('\n')).toHaveLength(1);
      expect(run.out).toBe('');
    }
    await npm.leavesNothing();
  });

  it('npm start names all invalid settings of the apps before it starts anything', async () => {
    const run = npm.start(['--workers', '2'], {
      ...{ HTTP_ADDR: 'here', WORKER_HTTP_ADDR: 'there', WECHAT_TIMEOUT_MS: 'soon' },
      WECHAT_CALLBACK_MODE: 'open',
    });
    expect(await run.exitCode()).toBe(1);
    expect(run.err.trimEnd().split('\n').sort()).toEqual([
      'HTTP_ADDR: must be host:port',
      'WECHAT_CALLBACK_MODE: must be secure or plain',
      'WECHAT_TIMEOUT_MS: must be a number of milliseconds',
      'WORKER_HTTP_ADDR: must be host:port',
      'gateway has an invalid configuration:',
      'worker has an invalid configuration:',
    ]);
    expect(readdirSync(join(npm.folder, 'home'))).toEqual([]);
  });
});
