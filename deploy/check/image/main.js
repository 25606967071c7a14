// `npm run check:image`: runs the steps of the Dockerfile in temporary folders, without a container engine, and starts the programs of
// the result. It needs root, for mount namespaces. With an engine, `CHECK=long npm run check:compose` compares two built images.
import { deepEqual, equal, match } from 'node:assert/strict';
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sbom } from '../packages/sbom.js';
import { run, stopPrograms } from '../programs.js';
import { contentFaults, packageFaults } from './content.js';
import { buildWithoutEngine } from './without-engine.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const EX_CONFIG = 78;
const SETTINGS = {
  ...{ DATABASE_URL: 'postgres://db/wxa', KAFKA_BROKERS: 'kafka:9092', WECHAT_COMPONENT_APPID: 'wx1' },
  ...{
    WECHAT_CALLBACK_TOKEN: 'token',
    WECHAT_ENCODING_AES_KEY: 'k'.repeat(43),
    WECHAT_COMPONENT_APPSECRET: 's',
  },
  SECRETS_KEY: Buffer.alloc(32, 9).toString('base64'),
  CONSOLE_SECRET: Buffer.alloc(32, 9).toString('base64'),
  ...{ OIDC_ISSUER: 'https://login.example.com', OIDC_CLIENT_ID: 'console', OIDC_ROLE_CLAIM: 'role' },
};
/** What each app says first without its settings. */
const MISSING = {
  gateway: /^KAFKA_BROKERS: required/m,
  'release-worker': /^KAFKA_BROKERS: required/m,
  console: /^CONSOLE_SECRET: required/m,
};

const begin = performance.now();
const progress = (line) =>
  console.log(`${((performance.now() - begin) / 1000).toFixed(0).padStart(4)} s  ${line}`);
const folder = await mkdtemp(join(tmpdir(), 'wxa-image-'));
await chmod(folder, 0o755);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stopPrograms);
try {
  const root = await buildWithoutEngine(ROOT, folder, 'production', progress);
  const files = [...filesIn(root)].map((path) => ({
    path: relative(root, path),
    mode: statSync(path, { throwIfNoEntry: false })?.mode ?? 0o755,
  }));
  deepEqual(contentFaults(files), []);
  deepEqual(packageFaults(files, sbom()), []);
  progress(`${files.length} files, all on the allow-list, and each package in the SBOM`);
  for (const app of Object.keys(MISSING)) await checkApp(root, app);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** An app with nothing but its settings loads everything that it imports. */
async function checkApp(root, app) {
  const command = [join(root, 'usr/local/bin/node'), join(root, 'app/apps', app, 'dist/main.js'), '--check'];
  await start(command, SETTINGS);
  const failure = await start(command, {}).catch((error) => error);
  equal(failure.code, EX_CONFIG);
  match(failure.stderr, MISSING[app]);
  progress(`${app} starts with its settings alone, and names those that are missing`);
}

/** As a user that nothing belongs to. */
function start(command, settings) {
  const settingArgs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const user = ['--reuid', '54321', '--regid', '54321', '--clear-groups', '--bounding-set', '-all'];
  return run('setpriv', [...user, 'env', '-i', ...settingArgs, ...command]);
}

function* filesIn(path) {
  for (const name of readdirSync(path)) {
    const entry = join(path, name);
    if (lstatSync(entry).isDirectory()) yield* filesIn(entry);
    else yield entry;
  }
}
