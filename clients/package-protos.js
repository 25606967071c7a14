// `npm run package:protos [-- folder]` writes what users of other repositories need to folder, by default dist/packages:
// an archive of the protos, and an npm package of the stubs for Node. Equal sources give equal archives.
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create } from 'tar';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = resolve(process.argv[2] ?? join(ROOT, 'dist/packages'));
const { version } = readJson('package.json');
const { dependencies } = readJson('libs/contracts/package.json');
const PROTOS = readdirSync(join(ROOT, 'proto/wxa/code/v1')).sort();

rmSync(FOLDER, { recursive: true, force: true });
await archive(`wxa-code-protos-${version}`, `wxa-code-protos-${version}.tar.gz`, writeProtos);
// The name of the folder is npm's.
await archive('package', `wxa-code-api-${version}.tgz`, writeStubs);

/** Writes a folder and archives it. */
async function archive(name, file, write) {
  const folder = join(FOLDER, name);
  mkdirSync(folder, { recursive: true });
  write(folder);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(FOLDER.length + 1))
    .sort();
  await create(
    { cwd: FOLDER, file: join(FOLDER, file), gzip: true, portable: true, mtime: new Date(0) },
    files,
  );
  rmSync(folder, { recursive: true });
  console.log(join(FOLDER, file));
}

/** The protos, with buf's configuration, the service config and the descriptors of all messages. */
function writeProtos(folder) {
  cpSync(join(ROOT, 'proto/wxa'), join(folder, 'proto/wxa'), { recursive: true });
  for (const file of ['buf.yaml', 'proto/descriptor-set.binpb', 'clients/service-config.json'])
    copyFileSync(join(ROOT, file), join(folder, file.split('/').at(-1)));
  // At the paths of the repository, so that the links of docs/clients.md lead somewhere.
  const isBuilt = (path) => /\/(target|__pycache__)$/.test(path);
  const clients = ['java', 'python', 'go', 'node', 'service-config.json'].map((name) => `clients/${name}`);
  for (const path of ['docs', ...clients])
    cpSync(join(ROOT, path), join(folder, path), {
      recursive: true,
      filter: (from) => !isBuilt(from) && !from.startsWith(join(ROOT, 'docs/images')),
    });
  writeFileSync(join(folder, 'VERSION'), `${version}\n`);
}

/** The stubs that the gateway itself is built with. */
function writeStubs(folder) {
  cpSync(join(ROOT, 'libs/contracts/dist/generated'), join(folder, 'generated'), {
    recursive: true,
    filter: (path) => !path.endsWith('.map'),
  });
  cpSync(join(ROOT, 'proto/wxa'), join(folder, 'proto/wxa'), { recursive: true });
  copyFileSync(join(ROOT, 'clients/service-config.json'), join(folder, 'service-config.json'));
  copyFileSync(join(ROOT, 'clients/package-readme.md'), join(folder, 'README.md'));
  for (const file of ['index.js', 'index.d.ts']) writeFileSync(join(folder, file), index());
  const manifest = {
    name: '@wxa-code/api',
    version,
    description: 'gRPC stubs of wxa.code.v1: code management of WeChat mini-programs.',
    license: 'UNLICENSED',
    type: 'module',
    engines: { node: '>=20.19' },
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './service-config.json': './service-config.json',
      './proto/*': './proto/*',
    },
    dependencies,
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Exports all messages and clients, and the messages of google.rpc that errors have in their details. */
function index() {
  const modules = PROTOS.map((file) => `./generated/wxa/code/v1/${file.replace('.proto', '.js')}`);
  return [
    // Every module has these; named, they are not ambiguous.
    `export { protobufPackage } from '${modules[0]}';`,
    ...modules.map((module) => `export * from '${module}';`),
    "export { BadRequest, ErrorInfo, RetryInfo } from './generated/google/rpc/error_details.js';",
    "export { Status } from './generated/google/rpc/status.js';",
    '',
  ].join('\n');
}

function readJson(file) {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}
