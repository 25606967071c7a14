import { readFileSync } from 'node:fs';
import { readPolicySync } from '@wxa/policy';
import { checkedFile, isLoopback } from '@wxa/service';
import { z } from 'zod';
import { parseCas, parseIdentity } from '../credentials/certificates.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The algorithms of JWTs with a public key. With a shared secret (HS256) or none, everyone who knows the public key could sign. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
] as const;

const HOUR_MS = 3_600_000;

/** By them an operator says that callers are to be authenticated. */
const AUTHENTICATION = /^(GRPC_TLS_CLIENT_CA_FILE|AUTH_JWT_\w+)$/;

/** Optional, or required under a condition that other settings decide. */
const requiredIf = (condition: boolean, error: string): z.ZodType<string | undefined> =>
  condition ? z.string(`required ${error}`) : z.string().optional();

const algorithms = z
  .string()
  .default('RS256,ES256,EdDSA')
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.enum(ALGORITHMS, `must be comma-separated: ${ALGORITHMS.join(', ')}`)));

/** The settings of section "Callers" in docs/configuration.md. @param env what the settings require of each other. */
export function accessSettings(env: Environment) {
  const { GRPC_TLS_CERT_FILE: certificate, GRPC_TLS_CLIENT_CA_FILE: ca, AUTH_JWT_JWKS: jwks } = env;
  const isGiven = (name: string) => (env[name] ?? '') !== '';
  const reason = env.AUTH === 'none' ? undefined : needsPolicy(env);
  const withJwks = requiredIf(isGiven('AUTH_JWT_JWKS'), 'with AUTH_JWT_JWKS');
  return {
    GRPC_TLS_CERT_FILE: requiredIf(
      isGiven('GRPC_TLS_KEY_FILE') || isGiven('GRPC_TLS_CLIENT_CA_FILE'),
      'with GRPC_TLS_KEY_FILE and with GRPC_TLS_CLIENT_CA_FILE',
    ),
    GRPC_TLS_KEY_FILE: checkedFile(
      requiredIf(isGiven('GRPC_TLS_CERT_FILE'), 'with GRPC_TLS_CERT_FILE'),
      (key) => void (certificate && parseIdentity({ certificate: read(certificate), key: read(key) })),
    ),
    GRPC_TLS_CLIENT_CA_FILE: checkedFile(z.string().optional(), (path) => void parseCas(read(path))),
    /** Whether a client must present a certificate of the CA; meaningful with a CA only. */
    GRPC_TLS_CLIENT_AUTH: z
      .enum(['required', 'optional'], 'must be required or optional')
      .default('required')
      .refine(
        () => !isGiven('GRPC_TLS_CLIENT_AUTH') || (ca ?? '') !== '',
        'requires GRPC_TLS_CLIENT_CA_FILE',
      ),
    /** 0: unlimited. A connection keeps the certificate that it began with. */
    GRPC_MAX_CONNECTION_AGE_MS: z.coerce
      .number('must be a number of milliseconds')
      .int('must be whole')
      .min(0, 'must be 0 or more')
      .max(2_000_000_000, 'must be at most 2000000000')
      .default((ca ?? '') === '' ? 0 : HOUR_MS),
    /** Says that everyone may do everything; has no effect on a policy. */
    AUTH: z.literal('none', 'must be none or unset').optional(),
    AUTH_POLICY_FILE: checkedFile(requiredIf(reason !== undefined, reason ?? ''), (path) =>
      checkPolicy(path, env.WECHAT_COMPONENT_APPID),
    ),
    AUTH_JWT_ISSUER: withJwks,
    AUTH_JWT_AUDIENCE: withJwks,
    AUTH_JWT_JWKS: z
      .string()
      .refine(() => !/^[a-z]+:/.test(jwks ?? '') || isHttps(jwks ?? ''), 'must be a file or an https URL')
      .optional(),
    AUTH_JWT_CA_FILE: checkedFile(z.string().optional(), (path) => void parseCas(read(path))),
    AUTH_JWT_ALGORITHMS: algorithms,
  };
}

/** Why a gateway without a policy would not do what its operator wants; undefined if it may. */
function needsPolicy(env: Environment): string | undefined {
  const without =
    'without a policy everyone who reaches the gateway may do everything, which AUTH=none would say';
  const given = Object.entries(env).find(([name, value]) => value !== '' && AUTHENTICATION.test(name));
  if (given !== undefined) return `with ${given[0]}: ${without}`;
  const [, host] = /^(.*):\d+$/.exec(env.GRPC_ADDR ?? '') ?? [];
  if (host === undefined || isLoopback(host)) return undefined;
  return `if GRPC_ADDR is not a loopback address: ${without}`;
}

/** Whether the key set is fetched, not read from a file. */
export function isHttps(jwks: string): boolean {
  return jwks.startsWith('https://') && URL.canParse(jwks);
}

function checkPolicy(path: string, componentAppid: string | undefined): void {
  const { errors } = readPolicySync(path, componentAppid || undefined);
  if (errors.length > 0)
    throw new Error(errors.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n'));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(
      `${path} cannot be read: ${error instanceof Error && 'code' in error ? error.code : error}`,
    );
  }
}
