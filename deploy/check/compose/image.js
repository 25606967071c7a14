// The built production image: its metadata, its size, its content, and that its apps start.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { sbom } from '../packages/sbom.js';
import { contentFaults, packageFaults } from './content.js';

const MAX_BYTES = 350 * 1000 ** 2;
const EX_CONFIG = 78;
const KEY = Buffer.alloc(32, 9).toString('base64');
const SETTINGS = {
  ...{ DATABASE_URL: 'postgres://db/wxa', KAFKA_BROKERS: 'kafka:9092', WECHAT_COMPONENT_APPID: 'wx1' },
  ...{ WECHAT_CALLBACK_TOKEN: 'token', WECHAT_ENCODING_AES_KEY: 'k'.repeat(43) },
  ...{ WECHAT_COMPONENT_APPSECRET: 's', SECRETS_KEY: KEY, CONSOLE_SECRET: KEY },
  ...{ OIDC_ISSUER: 'https://login.example.com', OIDC_CLIENT_ID: 'console', OIDC_ROLE_CLAIM: 'role' },
};
/** What each app says first without its settings. */
const MISSING = {
  gateway: /^KAFKA_BROKERS: required/m,
  'release-worker': /^KAFKA_BROKERS: required/m,
  console: /^CONSOLE_SECRET: required/m,
};

/** Resolves with what was measured. */
export async function checkImage(engine, image) {
  const [{ Size, Config, RootFS }] = JSON.parse(await engine.docker('image', 'inspect', image));
  equal(Config.User, '1000:1000');
  ok(Size <= MAX_BYTES, `${image} has ${Size} bytes`);
  const list = ['find', image, '/', '-xdev', '!', '-type', 'd', '-printf', '%m %P\\n'];
  const listed = await engine.docker('run', '--rm', '--user', '0', '--entrypoint', ...list);
  const files = listed.split('\n').filter(Boolean).map(toFile);
  deepEqual(contentFaults(files), []);
  deepEqual(packageFaults(files, sbom()), []);
  return `${Math.round(Size / 1000 ** 2)} MB, ${files.length} files, ${RootFS.Layers.length} layers`;
}

function toFile(line) {
  const [mode, ...path] = line.split(' ');
  // A link has all rights, which mean nothing.
  return { mode: mode === '777' ? 0o755 : Number.parseInt(mode, 8), path: path.join(' ') };
}

/** An app with nothing but its settings loads everything that it imports; without them it names those that are missing. */
export async function checkApps(engine, image) {
  const rights = ['--read-only', '--cap-drop', 'ALL', '--user', '54321:54321', '--network', 'none'];
  const settings = Object.entries(SETTINGS).flatMap((setting) => ['--env', setting.join('=')]);
  for (const [app, missing] of Object.entries(MISSING)) {
    const program = [image, 'node', `apps/${app}/dist/bundle.js`, '--check'];
    await engine.docker('run', '--rm', ...rights, ...settings, ...program);
    const failure = await engine.docker('run', '--rm', ...rights, ...program).catch((error) => error);
    equal(failure.code, EX_CONFIG, app);
    match(failure.output, missing);
  }
}
