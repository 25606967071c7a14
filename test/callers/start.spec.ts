import { expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '@wxa/service';
import { createAuthority } from '@wxa/stack';
import { gatewayEnv } from '../gateway/running-gateway.js';
import { useFolder } from '../use-folder.js';
import { TestPolicy } from './test-policy.js';

const policy = new TestPolicy({ shop: {} });
const folder = useFolder();

const { gatewaySettings } = await import(new URL('../../apps/gateway/dist/config.js', import.meta.url).href);

/** The errors of the settings of a gateway, which does not start with any. */
function check(env: Record<string, string>): string[] {
  const databaseUrl = 'postgres://u:p@127.0.0.1:1/d';
  const common = gatewayEnv({ databaseUrl, brokers: '127.0.0.1:1', topicPrefix: '' });
  try {
    readConfig(gatewaySettings, { ...common, ...env });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

it('A valid policy without certificates is a valid configuration', async () => {
  expect(check({ AUTH_POLICY_FILE: policy.file })).toEqual([]);
});

it('A client CA without a policy is an error, unless AUTH=none says that everybody may call, and so are a key of another certificate and a CA without one', async () => {
  const authority = await createAuthority(folder);
  const [one, other] = [
    await authority.issue('one', { cn: 'one' }),
    await authority.issue('other', { cn: 'other' }),
  ];
  const env = {
    ...{ GRPC_TLS_CERT_FILE: one.cert, GRPC_TLS_KEY_FILE: one.key },
    GRPC_TLS_CLIENT_CA_FILE: authority.ca,
  };
  const errors = [
    check(env),
    check({ ...env, AUTH: 'none', WECHAT_API_URL: 'http://wechat.invalid' }),
    check({ ...env, GRPC_TLS_KEY_FILE: other.key, GRPC_TLS_CLIENT_CA_FILE: one.key }),
  ];
  expect(errors).toEqual([
    [expect.stringMatching(/^AUTH_POLICY_FILE: required with GRPC_TLS_CLIENT_CA_FILE/)],
    [],
    expect.arrayContaining([
      'GRPC_TLS_CLIENT_CA_FILE: no PEM certificate found',
      'GRPC_TLS_KEY_FILE: the key does not match the certificate',
    ]),
  ]);
});

it('All errors of policy, certificates and JWT settings are reported together', async () => {
  policy.writeText('version: 1\nrolls: {}\ncallers:\n - name: Shop\n');
  const errors = check({
    AUTH_POLICY_FILE: policy.file,
    AUTH_JWT_JWKS: 'http://id.example.com/keys',
    AUTH_JWT_ALGORITHMS: 'RS256,HS256',
    GRPC_TLS_CERT_FILE: '/nowhere/server.pem',
    GRPC_TLS_CLIENT_AUTH: 'optional',
  });
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
