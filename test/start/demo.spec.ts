import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createDatabase, dropDatabase, secretsIn } from '@wxa/stack';
import stringWidth from 'string-width';
import { byLength } from '../length.js';
import { NpmStart, Run } from './npm-start.js';

const DEMO = fileURLToPath(new URL('../../stack/dist/demo/main.js', import.meta.url));
/** The demo starts its own servers. */
const EMBEDDED = { DATABASE_URL: '', KAFKA_BROKERS: '', WECHAT_API_URL: '' };
const SERVER = process.env.TEST_POSTGRES_URL ?? '';
const DATABASE = `demo_${randomUUID().slice(0, 8)}`;
const ESC = '\u001b';

/** The servers of the test run, for demos that end early: embedded ones take seconds to start. */
let given: NodeJS.ProcessEnv;
beforeAll(async () => {
  const { TEST_KAFKA_BROKERS: KAFKA_BROKERS } = process.env;
  given = { ...EMBEDDED, KAFKA_BROKERS, DATABASE_URL: await createDatabase(SERVER, DATABASE) };
});
afterAll(() => dropDatabase(SERVER, DATABASE));

let npm: NpmStart;
let demo: Run;
beforeEach(() => {
  npm = new NpmStart();
});

afterEach(async () => {
  await demo.end();
  await npm.end();
});

function startDemo(servers: NodeJS.ProcessEnv): void {
  // Variables of CI systems make many programs print colours to a file.
  const own = { CI: 'true', TMPDIR: npm.folder, npm_lifecycle_event: 'demo' };
  const env = { ...process.env, ...servers, ...own };
  demo = new Run(spawn(process.execPath, [DEMO], { env }));
}

it('npm run demo shows a whole release in 80 plain columns, exits with 0 and leaves only the picture', async () => {
  startDemo(EMBEDDED);
  const code = await demo.exitCode();
  expect([code, demo.err]).toEqual([0, '']);
  const lines = demo.out.split('\n');
  expect(lines.filter((line) => stringWidth(line) > 80)).toEqual([]);
  expect(demo.out).not.toContain(ESC);
  expect(demo.out).toContain(' AUTHORIZED, permission sets 17, 18, 25 ');
  expect(demo.out).toContain(' FAILED, NOT_AUTHORIZED ');
  expect(demo.out).toMatch(/wxa\.code\.commands\.v1 wx[0-9a-f]{16} Commit\n/);
  expect(demo.out).toContain(' Commit SUCCEEDED, 3 attempts\n');
  expect(demo.out).toContain('功能页面设置的部分标签不属于所选的服务类目范围。');
  expect(demo.out).toContain(' 1 × AUDIT_REJECTED: ');
  expect(demo.out).toContain(' 30 VERIFY succeeded\n');
  expect(demo.out).toContain(' V3.0 is live, with no further call ');
  expect(lines.at(-2)).toBe('All as expected. Everything is stopped.');
  expect(secretsIn(demo.out, {})).toEqual([]);

  await npm.leavesNothing();
  const left = readdirSync(npm.folder);
  expect(left).toEqual([expect.stringMatching(/^trial-qr-wx[0-9a-f]{16}\.jpg$/)]);
  const picture = join(npm.folder, left[0] ?? '');
  expect(demo.out).toContain(picture);
  expect(readFileSync(picture).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
});

it('npm run demo names the failed step, its cause and the logs and exits with 1 if a process dies', async () => {
  startDemo(byLength({ short: given, long: EMBEDDED }));
  await demo.says(' 4 Commit');
  const worker = (await npm.processes()).find(({ command }) => command.includes('apps/release-worker'));
  if (worker === undefined) throw new Error('no worker');
  process.kill(worker.pid, 'SIGKILL');
  expect(await demo.exitCode()).toBe(1);
  // The demo may have begun another step before the kill.
  const [, number, name] = [...demo.out.matchAll(/^ ?(\d+) (\w+) {2}/gm)].at(-1) ?? [];
  expect(demo.out).toContain(`✗ Step ${number} (${name}) failed: worker exited unexpectedly (SIGKILL).`);
  expect(demo.out).toContain('Last lines of worker:');
  await npm.leavesNothing();
  expect(readdirSync(npm.folder)).toEqual([]);
});

it('npm run demo exits with 130 on Ctrl-C and leaves no process or file', async () => {
  startDemo(byLength({ short: given, long: EMBEDDED }));
  await demo.says(' 4 Commit');
  demo.process.kill('SIGINT');
  expect(await demo.exitCode()).toBe(130);
  await npm.leavesNothing();
  expect(readdirSync(npm.folder)).toEqual([]);
});
