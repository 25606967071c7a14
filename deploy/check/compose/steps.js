// What `npm run check:compose` checks, in order; each step leaves the project running as it found it.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { checkApps, checkImage } from './image.js';
import { Project } from './project.js';

/** The long form runs on a machine that does nothing else, or with another limit; CI only notices that something hangs. */
const UP_MS = Number(process.env.UP_MS ?? (process.env.CHECK === 'long' ? 20_000 : 180_000));
const APPID = 'wx00000000c0de0000';

/** `npm run check:image` runs only these, on the built images. */
export const IMAGE_STEPS = [
  ['the image has nothing but what it needs', checkContent],
  ['each app starts with its settings alone, and names those that are missing', checkStart],
];

/** In CI. */
export const STEPS = [
  ['both files are valid, and production needs each of its secrets', checkFiles],
  ['a second build is cached', checkSecondBuild],
  [`everything is healthy within ${UP_MS / 1000} s`, start],
  ['a second `up` recreates nothing', checkSecondUp],
  ['a release: commit, audit by callback, release, and their events from outside', release],
  ['the console shows what happened', checkConsole],
  ['the apps have no privileges, and wxa runs', checkContainers],
  ...IMAGE_STEPS,
  ['every container ends with 0, and the state survives stop and start', checkStop],
];

async function checkFiles({ project, production }) {
  await project.compose('config', '--quiet');
  for (const name of Object.keys(production.env)) {
    const { [name]: _, ...others } = production.env;
    if (!/_FILE$|APPID|BROKERS/.test(name) || /^(CONSOLE|GATEWAY)_/.test(name)) continue;
    const options = { file: 'docker-compose.production.yml', env: others };
    const without = new Project(project.engine, project.root, options);
    await rejects(without.compose('config', '--quiet'), new RegExp(`${name} is missing a value`));
  }
  await production.compose('config', '--quiet');
}

async function checkSecondBuild({ project }) {
  const images = ['app', 'simulator'].map((name) => `${project.name}-${name}`);
  const ids = () => project.engine.docker('image', 'inspect', '--format', '{{.Id}}', ...images);
  const before = await ids();
  await project.compose('build');
  equal(await ids(), before);
}

async function start({ project }) {
  const ms = await project.up();
  ok(ms <= UP_MS, `up --wait took ${Math.round(ms)} ms`);
  await project.caller.authorize(APPID);
  return `${(ms / 1000).toFixed(1)} s`;
}

async function checkSecondUp({ project }) {
  const ids = async () => (await project.containers()).map(({ id }) => id).sort();
  const before = await ids();
  await project.up();
  deepEqual(await ids(), before);
}

async function release(context) {
  const { commit, submit, release: released } = await context.project.caller.release(APPID, 'V1');
  context.operations = [commit, submit, released];
  const ids = new Set((await context.project.caller.events()).map(({ id }) => id.split('.')[0]));
  for (const { id, method } of context.operations) ok(ids.has(id), `no event of ${method}`);
}

async function checkConsole({ project, operations: [commit] }) {
  const operations = await project.caller.operationsInConsole();
  ok(
    operations.some(({ id }) => id === commit.id),
    `the console lacks the operation ${commit.id}`,
  );
}

async function checkContainers({ project }) {
  for (const { service, host, restarts } of await project.containers()) {
    equal(restarts, 0, `${service} was restarted`);
    if (['postgres', 'kafka'].includes(service)) continue;
    equal(host.RestartPolicy.Name, 'on-failure', service);
    deepEqual(
      [host.ReadonlyRootfs, host.CapDrop, host.Memory > 0, host.PidsLimit],
      [true, ['ALL'], true, 512],
      service,
    );
  }
  await project.compose('exec', '-T', 'release-worker', 'wxa', 'dlq', 'list');
  // As docs/compose.md says.
  await project.compose('exec', '-T', 'gateway', 'wxa', 'quota', 'list');
  const plain = ['exec', '-T', '-e', 'WXA_PLAINTEXT=1', 'gateway'];
  match(await project.compose(...plain, 'wxa', 'ops', 'list', '--limit', '1'), /SUCCEEDED/);
  const gateway = await project.compose('exec', '-T', 'gateway', 'env');
  ok(!gateway.includes('WECHAT_COMPONENT_APPSECRET='), 'the gateway has the secret of the worker');
}

function checkContent({ project }) {
  return checkImage(project.engine, `${project.name}-app`);
}

function checkStart({ project }) {
  return checkApps(project.engine, `${project.name}-app`);
}

async function checkStop({ project, operations }) {
  await project.compose('stop');
  deepEqual(await project.exitCodes(), {
    postgres: 0,
    kafka: 143,
    'wechat-sim': 0,
    migrate: 0,
    gateway: 0,
    'release-worker': 0,
    console: 0,
  });
  await project.up();
  for (const { id } of operations) await project.caller.finished(id);
}
