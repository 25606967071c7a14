import { readFileSync } from 'node:fs';
import { readPolicySync } from '@wxa/policy';
import { z } from 'zod';
import { parseCas, parseIdentity } from '../credentials/certificates.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The algorithms of JWTs with a public key. With a shared secret (HS256) or none, everyone who knows the public key could sign. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
] as const;

/** Optional, or required under a condition that other settings decide. */
const requiredIf = (condition: boolean, error: string): z.ZodType<string | undefined> =>
  condition ? z.string(`required ${error}`) : z.string().optional();

/** A file that `check` accepts; an error names the reason, not the content. */
const checkedFile = (schema: z.ZodType<string | undefined>, check: (path: string) => void) =>
  schema.superRefine((path, context) => {
    if (path === undefined) return;
    try {
      check(path);
    } catch (error) {
      for (const message of error instanceof Error ? error.message.split('\n') : [String(error)])
        context.addIssue({ code: 'custom', message });
    }
  });

const algorithms = z
  .string()
  .default('RS256,ES256,EdDSA')
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.enum(ALGORITHMS, `must be comma-separated: ${ALGORITHMS.join(', ')}`)));

/** The settings of section "Callers" in docs/configuration.md. @param env what the settings require of each other. */
export function accessSettings(env: Environment) {
  const { GRPC_TLS_CERT_FILE: certificate, GRPC_TLS_CLIENT_CA_FILE: ca, AUTH_JWT_JWKS: jwks } = env;
  const isGiven = (name: string) => (env[name] ?? '') !== '';
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
    /** 0: unlimited. */
    GRPC_MAX_CONNECTION_AGE_MS: z.coerce
      .number('must be a number of milliseconds')
      .int('must be whole')
      .min(0, 'must be 0 or more')
      .max(2_000_000_000, 'must be at most 2000000000')
      .default(0),
    AUTH_POLICY_FILE: checkedFile(z.string().optional(), (path) =>
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
