import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from '@jest/globals';
import { useFolder } from '../use-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

interface Files {
  lock: { packages: Record<string, object> };
  sbom: { components: object[] };
  audit: { vulnerabilities: Record<string, object> };
  exceptions: object[];
}

const folder = useFolder();
let real: Files;
beforeAll(async () => {
  const { stdout: sbom } = await run(join(ROOT, 'deploy/sbom'), { maxBuffer: 16 * 1024 ** 2 });
  real = {
    lock: JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')),
    sbom: JSON.parse(sbom),
    audit: { vulnerabilities: {} },
    exceptions: [],
  };
});

/** Runs the check on the files of the repository, some of them changed; the errors that it prints. */
async function check(changed: Partial<Files> = {}, ...options: string[]): Promise<string[]> {
  const args = ['deploy/check/packages/check-packages.js', ...options];
  for (const [name, content] of Object.entries({ ...real, ...changed })) {
    await writeFile(join(folder, name), JSON.stringify(content));
    args.push(`--${name}`, join(folder, name));
  }
  return run(process.execPath, args, { cwd: ROOT }).then(
    () => [],
    ({ stderr }: { stderr: string }) => stderr.trim().split('\n'),
  );
}

const withPackage = (path: string, entry: object) => ({
  lock: { packages: { ...real.lock.packages, [path]: entry } },
});
const withComponent = (purl: string, licence: string | undefined = 'MIT') => ({
  sbom: {
    components: [
      ...real.sbom.components,
      { purl, ...(licence !== '' && { licenses: [{ license: { id: licence } }] }) },
    ],
  },
});
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
const VULNERABLE = { audit: { vulnerabilities: { pg: { name: 'pg', severity: 'high' } } } };

it('The packages of the repository have no error', async () => {
  expect(await check()).toEqual([]);
});

it('The SBOM has the packages of the gateway, the worker, the console and the libraries, each installed one once', () => {
  const components = real.sbom.components as { name: string; 'bom-ref': string }[];
  const names = components.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      ...['@grpc/grpc-js', 'kafkajs', 'pg', 'typeorm', 'fast-xml-parser', 'pino', 'yaml', 'rxjs'],
      ...['openid-client', 'jose', 'antd', '@bufbuild/protobuf', 'node'],
      '@opentelemetry/api',
    ]),
  );
  expect(names.filter((name) => /^(@wxa\/|jest$|typescript)/.test(name))).toEqual([]);
  expect(new Set(components.map((component) => component['bom-ref'])).size).toBe(components.length);
});

it('A release is refused if its vulnerabilities cannot be checked', async () => {
  const audit = { message: '405 Method Not Allowed' } as unknown as Files['audit'];
  expect(await check({ audit }, '--release')).toEqual([
    expect.stringContaining('vulnerabilities were not checked: the registry serves no advisories (405'),
  ]);
  expect(await check({}, '--release')).toEqual([]);
});

const EXCEPTION = { package: 'pg', reason: 'not reached', since: daysAgo(31) };
const PUBLISHED = { integrity: 'sha512-x' };
const GIT = 'git+ssh://git@example.com/x.git';
it.each<[error: string, () => Partial<Files>]>([
  [
    `node_modules/x: fetched from ${GIT} instead of the registry`,
    () => withPackage('node_modules/x', { ...PUBLISHED, resolved: GIT }),
  ],
  ['node_modules/x: no sha512 in the lock file', () => withPackage('node_modules/x', {})],
  [
    'node_modules/@x/y: has an install script that allowScripts of package.json does not decide on',
    () => withPackage('node_modules/@x/y', { ...PUBLISHED, hasInstallScript: true }),
  ],
  ['x: has no licence', () => withComponent('pkg:npm/x@1.0.0', '')],
  ['x: the licence GPL-3.0-only is none of ', () => withComponent('pkg:npm/x@1.0.0', 'GPL-3.0-only')],
  ['prom-client: ', () => withComponent('pkg:npm/prom-client@15.1.3')],
  [
    '@opentelemetry/instrumentation-undici: ',
    () => withComponent('pkg:npm/%40opentelemetry/instrumentation-undici@0.9.0'),
  ],
  ['kafkajs: is there 2 times', () => withComponent('pkg:npm/kafkajs@2.2.3')],
  ['pg: a vulnerability (high); see npm audit', () => VULNERABLE],
  ['pg: its exception is older than 30 days', () => ({ ...VULNERABLE, exceptions: [EXCEPTION] })],
  [
    'pg: an exception needs a reason and a date',
    () => ({ exceptions: [{ package: 'pg', since: daysAgo(1) }] }),
  ],
])('Packages are refused with the one error "%s"', async (error, changed) => {
  expect(await check(changed())).toEqual([expect.stringContaining(error)]);
});

it('A recent exception permits a vulnerability', async () => {
  expect(await check({ ...VULNERABLE, exceptions: [{ ...EXCEPTION, since: daysAgo(29) }] })).toEqual([]);
});
