// What `CHECK=long npm run check:compose` checks after the usual steps, in order.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../programs.js';
import { eventually } from './caller.js';
import { Project } from './project.js';

const APPIDS = Array.from({ length: 20 }, (_, i) => `wx${(0xc0de_0000 + i).toString(16).padStart(16, '0')}`);
const [APPID] = APPIDS;

export const LONG_STEPS = [
  ['state survives down and up, and no volume is left behind', checkDown],
  ['of three workers one is killed under load', killWorker],
  ['Postgres and Kafka are restarted under load', restartServers],
  ['two projects run side by side', checkSideBySide],
  ['two clones give the same files, also with umask 077 and without a cache', checkClones],
  ['each wrong setting is named in a few lines, with its exit code', checkWrongSettings],
  ['production runs with its own servers and secrets', checkProduction],
];

async function checkDown({ project, operations }) {
  const volumes = () => project.engine.docker('volume', 'ls', '--quiet');
  const before = await volumes();
  await project.compose('down');
  equal(await volumes(), before);
  await project.up();
  for (const { id } of operations) await project.caller.finished(id);
}

/** Commits of all mini-programs while `disturb` runs; all must succeed. */
async function underLoad({ caller }, disturb) {
  const ids = [];
  let isOver = false;
  const load = async () => {
    for (let n = 0; !isOver; n++) {
      const accepted = await Promise.all(
        APPIDS.map((appid) => caller.commit(appid, `L${n}`).catch(() => undefined)),
      );
      ids.push(...accepted.flatMap((operation) => operation?.id ?? []));
    }
  };
  for (const appid of APPIDS) await caller.authorize(appid);
  const running = load();
  try {
    await disturb();
  } finally {
    isOver = true;
    await running;
  }
  for (const id of ids) await eventually(`operation ${id}`, () => caller.finished(id), 120_000);
  return `${ids.length} operations SUCCEEDED`;
}

async function killWorker({ project }) {
  await project.up('--scale', 'release-worker=3', '--no-recreate');
  const result = await underLoad(project, async () => {
    const [worker] = await project.containers('release-worker');
    await project.engine.docker('kill', worker.id);
    await eventually('the killed worker', async () => {
      const [{ State }] = JSON.parse(await project.engine.docker('inspect', worker.id));
      equal(State.Status, 'exited');
    });
    await project.up('--scale', 'release-worker=3', '--no-recreate');
  });
  await project.up('--scale', 'release-worker=1');
  return result;
}

function restartServers({ project }) {
  return underLoad(project, async () => {
    await project.compose('restart', 'postgres');
    await project.compose('restart', 'kafka');
    await project.up('--no-recreate');
  });
}

async function checkSideBySide({ project }) {
  const other = new Project(project.engine, project.root, { name: 'wxa-other', offset: 100 });
  try {
    await other.compose('build');
    await other.up();
    await other.caller.authorize(APPID);
    await Promise.all([other.caller.release(APPID, 'V2'), project.caller.release(APPID, 'V2')]);
  } finally {
    await other.remove();
  }
}

async function checkClones({ project: { engine, root } }) {
  const folder = await mkdtemp(join(tmpdir(), 'wxa-clones-'));
  const files = async (umask, tag, ...options) => {
    const clone = join(folder, tag);
    await run('sh', ['-c', `umask ${umask}; git clone --quiet "$0" "$1"`, root, clone]);
    await run(join(clone, 'deploy/build-image'), [tag, ...options], {
      env: { ...process.env, ...engine.env },
    });
    const list =
      'find /app /usr/local -printf "%P %m %U %l\\n" | sort; find /app /usr/local -type f -exec sha256sum {} + | sort';
    return engine.docker('run', '--rm', '--user', '0', '--entrypoint', 'sh', tag, '-c', list);
  };
  try {
    equal(await files('077', 'wxa-check-second', '--no-cache'), await files('022', 'wxa-check-first'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkWrongSettings({ project }) {
  const real = { WECHAT_API_URL: 'https://api.weixin.qq.com' };
  const password = { DATABASE_PASSWORD: 'p@ss/wrong' };
  const cases = [
    [real, 'gateway', 78, /WECHAT_CALLBACK_TOKEN: everybody knows this value/],
    [real, 'release-worker', 78, /WECHAT_COMPONENT_APPSECRET: everybody knows/],
    [real, 'console', 78, /CONSOLE_SECRET: everybody knows/],
    [{ WECHAT_TIMEOUT_MS: 'x' }, 'release-worker', 78, /WECHAT_TIMEOUT_MS: must be a number/],
    [password, 'migrate', 78, /^DATABASE_USER, DATABASE_PASSWORD: .*authentication failed/m],
    [{ DATABASE_HOST: 'nowhere' }, 'migrate', 69, /^DATABASE_HOST, DATABASE_PORT: .*cannot connect/m],
  ];
  for (const [env, service, code, line] of cases) {
    const wrong = new Project(project.engine, project.root, { name: project.name, env });
    const run = ['run', '--rm', '--no-deps', '-T', service];
    await rejects(wrong.compose(...run), (error) => {
      equal(error.code, code, error.output);
      match(error.output, line);
      ok(error.output.split('\n').length <= 12, `more than a few lines:\n${error.output}`);
      return true;
    });
  }
}

async function checkProduction({ production }) {
  try {
    await production.compose('build');
    await production.up();
    const [gateway] = await production.containers('gateway');
    const names = gateway.mounts.flatMap(
      ({ Destination }) => /^\/run\/secrets\/(.+)/.exec(Destination)?.[1] ?? [],
    );
    deepEqual(names.sort(), ['aes-key', 'callback-token', 'database-password', 'secrets-key']);
    await production.caller.operationsInConsole();
    // What the console must not reach, and a gateway without the rights of an owner.
    const seen = ['exec', '-T', 'console', 'ls', '/config'];
    equal((await production.compose(...seen)).trim(), 'console');
    const fetched = "fetch('http://kafka:9092').catch(({ cause }) => console.log(cause.code))";
    match(await production.compose('exec', '-T', 'console', 'node', '-e', fetched), /ENOTFOUND|EAI_AGAIN/);
    const metrics = "fetch('http://127.0.0.1:8082/metrics').then(async (r) => console.log(await r.text()))";
    const text = await production.compose('exec', '-T', 'gateway', 'node', '-e', metrics);
    ok(!text.includes('wxa_insecure_setting{setting="postgres_owner"} 1'), 'the gateway owns the schema');
  } finally {
    await production.remove();
  }
}
