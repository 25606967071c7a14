import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createAuthority } from '@wxa/stack';
import { gatewayEnv } from '../gateway/running-gateway.js';
import { TestPolicy } from './test-policy.js';

const MAIN = fileURLToPath(new URL('../../apps/gateway/dist/main.js', import.meta.url));
const policy = new TestPolicy({ shop: {} });
afterAll(() => policy.remove());

/** The exit code and errors of the gateway's pre-flight check. */
async function check(env: Record<string, string>): Promise<{ code: number; errors: string[] }> {
  const common = gatewayEnv({
    databaseUrl: 'postgres://u:p@127.0.0.1:1/d',
    brokers: '127.0.0.1:1',
    topicPrefix: '',
  });
  const child = spawn(process.execPath, [MAIN, '--check'], { env: { ...process.env, ...common, ...env } });
  let text = '';
  child.stderr.on('data', (data) => {
    text += data;
  });
  const [code] = await once(child, 'close');
  return { code, errors: text.trim().split('\n') };
}

describe('pre-flight check', () => {
  it('A valid policy and unset certificates are a valid configuration', async () => {
    expect(await check({ AUTH_POLICY_FILE: policy.file })).toEqual({ code: 0, errors: [''] });
  });

  it('A client CA without a policy ends the process with 78, unless AUTH=none says that everybody may call', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wxa-start-'));
    const authority = await createAuthority(folder);
    const { cert, key } = await authority.issue('gateway', { cn: 'gateway' });
    const env = { GRPC_TLS_CERT_FILE: cert, GRPC_TLS_KEY_FILE: key, GRPC_TLS_CLIENT_CA_FILE: authority.ca };
    const [without, lifted] = [
      await check(env),
      await check({ ...env, AUTH: 'none', WECHAT_API_URL: 'http://wechat.invalid' }),
    ];
    await rm(folder, { recursive: true });
    expect(without).toEqual({
      code: 78,
      errors: [expect.stringMatching(/^AUTH_POLICY_FILE: required with GRPC_TLS_CLIENT_CA_FILE/)],
    });
    expect(lifted).toEqual({ code: 0, errors: [''] });
  });

  it('A key of another certificate and a client CA without a certificate end the process with 78', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wxa-start-'));
    const authority = await createAuthority(folder);
    const one = await authority.issue('one', { cn: 'one' });
    const other = await authority.issue('other', { cn: 'other' });
    const unusable = await check({
      GRPC_TLS_CERT_FILE: one.cert,
      GRPC_TLS_KEY_FILE: other.key,
      GRPC_TLS_CLIENT_CA_FILE: one.key,
    });
    await rm(folder, { recursive: true });
    expect(unusable).toEqual({
      code: 78,
      errors: expect.arrayContaining([
        'GRPC_TLS_CLIENT_CA_FILE: no PEM certificate found',
        'GRPC_TLS_KEY_FILE: the key does not match the certificate',
      ]),
    });
  });

  it('All errors of policy, certificates and JWT settings are reported together, and end the process with 78', async () => {
    policy.writeText('version: 1\nrolls: {}\ncallers:\n - name: Shop\n');
    const { code, errors } = await check({
      AUTH_POLICY_FILE: policy.file,
      AUTH_JWT_JWKS: 'http://id.example.com/keys',
      AUTH_JWT_ALGORITHMS: 'RS256,HS256',
      GRPC_TLS_CERT_FILE: '/nowhere/server.pem',
      GRPC_TLS_CLIENT_AUTH: 'optional',
    });
    expect(code).toBe(78);
    expect(errors.sort()).toEqual([
      expect.stringMatching(/^AUTH_JWT_ALGORITHMS.*: must be comma-separated/),
      'AUTH_JWT_AUDIENCE: required with AUTH_JWT_JWKS',
      'AUTH_JWT_ISSUER: required with AUTH_JWT_JWKS',
      'AUTH_JWT_JWKS: must be a file or an https URL',
      `AUTH_POLICY_FILE: ${policy.file}:2: rolls: unknown key`,
      expect.stringMatching(/^AUTH_POLICY_FILE: .*policy.yaml:4: callers.0.credentials: must be a list/),
      expect.stringMatching(/^AUTH_POLICY_FILE: .*policy.yaml:4: callers.0.name: must be 1 to 40/),
      'GRPC_TLS_CLIENT_AUTH: requires GRPC_TLS_CLIENT_CA_FILE',
      'GRPC_TLS_KEY_FILE: required with GRPC_TLS_CERT_FILE',
    ]);
  });
});
