import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from '@jest/globals';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { useFolder } from '../use-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Calls the gateway with the installed stubs and prints the error's violations, read from its details. */
const PROGRAM = `
import { credentials } from '@grpc/grpc-js';
import { BadRequest, CodeManagementClient, CommitRequest, ErrorInfo, Status } from '@wxa-code/api';
import config from '@wxa-code/api/service-config.json' with { type: 'json' };
const client = new CodeManagementClient(process.argv[2], credentials.createInsecure(), {
  'grpc.service_config': JSON.stringify(config),
});
const request = CommitRequest.fromPartial({ appid: 'wx0123456789abcdef', userVersion: '1.0.0' });
client.commit(request, { deadline: Date.now() + 10_000 }, (error) => {
  const { details } = Status.decode(error.metadata.get('grpc-status-details-bin')[0]);
  const find = (name) => details.find(({ typeUrl }) => typeUrl.endsWith(name)).value;
  const { fieldViolations } = BadRequest.decode(find('BadRequest'));
  console.log(ErrorInfo.decode(find('ErrorInfo')).reason, fieldViolations.map(({ field }) => field).join());
  client.close();
});
`;

const { gateway } = useSharedGateway();
const folder = useFolder();
beforeAll(() => run(process.execPath, ['clients/package-protos.js', join(folder, 'first')], { cwd: ROOT }));

it('The npm package, installed into an empty folder, calls a gateway and decodes its errors', async () => {
  const user = join(folder, 'user');
  const file = readdirSync(join(folder, 'first')).find((name) => name.endsWith('.tgz')) ?? '';
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--prefix', user];
  await run('npm', [...install, join(folder, 'first', file)]);
  writeFileSync(join(user, 'call.mjs'), PROGRAM);
  const { stdout } = await run(process.execPath, ['call.mjs', gateway.grpc], { cwd: user });
  expect(stdout).toBe('INVALID_REQUEST template_id\n');
});

it('The archive has the protos under its version, and packing again gives equal archives', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  await run(process.execPath, ['clients/package-protos.js', join(folder, 'second')], { cwd: ROOT });
  expect(digests(join(folder, 'second'))).toEqual(digests(join(folder, 'first')));
  const name = `wxa-code-protos-${version}`;
  const { stdout } = await run('tar', ['-tzf', join(folder, 'first', `${name}.tar.gz`)]);
  const protos = readdirSync(join(ROOT, 'proto/wxa/code/v1'));
  expect(stdout.split('\n')).toEqual(
    expect.arrayContaining(protos.map((proto) => `${name}/proto/wxa/code/v1/${proto}`)),
  );
});

it('The links of docs/clients.md lead to files of the archive', async () => {
  const archive = readdirSync(join(folder, 'first')).find((name) => name.endsWith('.tar.gz')) ?? '';
  await run('tar', ['-xzf', join(folder, 'first', archive), '-C', folder]);
  const docs = join(folder, archive.replace('.tar.gz', ''), 'docs');
  const page = readFileSync(join(docs, 'clients.md'), 'utf8');
  const links = [...page.matchAll(/\]\(([^)#:]+)[^)]*\)/g)].map(([, link]) => link ?? '');
  expect(links.length).toBeGreaterThan(15);
  expect(links.filter((link) => !existsSync(join(docs, link)))).toEqual([]);
});

function digests(folder: string): Record<string, string> {
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(readdirSync(folder).map((name) => [name, digest(name)]));
}
