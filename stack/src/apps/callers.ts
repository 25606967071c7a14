import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { newApiKey } from '@wxa/policy';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Certificate, createAuthority } from '../servers/certificates.js';

const ISSUER = 'https://id.wxa-code.example';
const AUDIENCE = 'wxa-code';
const AUDITOR = 'svc:auditor';
const VALID_FOR = '30 days';

/** Who may call a secure stack. The credentials are files, because secrets do not belong on a command line. */
export type CallerFiles = {
  /** The certificate that the gateway's is verified with. */
  ca: string;
  /** May do everything; identified by a client certificate. */
  operator: Certificate;
  /** May do what the console's pages do. */
  console: Certificate;
  /** The file of the API key of `shop`, which may read and publish the mini-programs whose appid begins with wx0. */
  shop: string;
  /** The file of the JWT of `auditor`, which may read everything. */
  auditor: string;
};

/**
 * Creates a certificate authority, the gateway's certificate, four callers with one kind of credential each, and the
 * policy that allows them what `Access` says. All of it is new at each start and valid for 30 days.
 * @returns the settings of the gateway with them.
 */
export async function createAccess(
  folder: string,
): Promise<{ access: CallerFiles; env: Record<string, string> }> {
  const authority = await createAuthority(folder);
  const at = (name: string) => join(folder, name);
  const write = (name: string, text: string) => writeFile(at(name), text, { mode: 0o600 });
  const gateway = await authority.issue('gateway', {
    cn: 'gateway',
    names: ['IP:127.0.0.1', 'DNS:localhost'],
  });
  const operator = await authority.issue('operator', { cn: 'operator' });
  const console = await authority.issue('console', { cn: 'console' });
  const apiKey = newApiKey();
  const { jwks, token } = await issueToken();
  await write('shop.key', apiKey.key);
  await write('auditor.jwt', token);
  await write('jwks.json', JSON.stringify(jwks));
  await write('policy.yaml', policy(apiKey));
  return {
    access: { ca: authority.ca, operator, console, shop: at('shop.key'), auditor: at('auditor.jwt') },
    env: {
      GRPC_TLS_CERT_FILE: gateway.cert,
      GRPC_TLS_KEY_FILE: gateway.key,
      GRPC_TLS_CLIENT_CA_FILE: authority.ca,
      GRPC_TLS_CLIENT_AUTH: 'optional',
      AUTH_POLICY_FILE: at('policy.yaml'),
      AUTH_JWT_JWKS: at('jwks.json'),
      AUTH_JWT_ISSUER: ISSUER,
      AUTH_JWT_AUDIENCE: AUDIENCE,
    },
  };
}

/** A JWT for `auditor` and the key set that verifies it. */
async function issueToken(): Promise<{ jwks: object; token: string }> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const key = { ...(await exportJWK(publicKey)), kid: 'development', alg: 'ES256' };
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: key.kid })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(AUDITOR)
    .setExpirationTime(VALID_FOR)
    .sign(privateKey);
  return { jwks: { keys: [key] }, token };
}

const policy = ({ id, sha256 }: { id: string; sha256: string }) => `version: 1
appids:
  shop: { patterns: ["wx0*"] }
roles:
  all: ["CodeManagement/*", "Setup/*", "PlatformDomains/*", "Templates/*", "Authorizers/*", "Operations/*",
        "Audits/*", "Platform/*", "Rollouts/*", "Settings/*", "Fleet/*"]
  read: ["CodeManagement/Get*", "CodeManagement/List*", "Setup/Get*", "Setup/List*", "Authorizers/Get*", "Authorizers/List*",
         "Operations/Get*", "Operations/List*", "Operations/Wait*", "Operations/Watch*", "Audits/*",
         "Platform/Get*", "Rollouts/Get*", "Rollouts/List*", "Rollouts/Watch*",
         "Settings/Get*", "Settings/List*", "Fleet/*"]
  publish: ["CodeManagement/Commit", "CodeManagement/UploadAuditMedia", "CodeManagement/SubmitAudit",
            "CodeManagement/UndoAudit", "CodeManagement/SpeedUpAudit", "CodeManagement/Release",
            "CodeManagement/GrayRelease", "CodeManagement/RevertGrayRelease", "Operations/CancelOperation"]
callers:
  - name: console
    credentials: [{ cn: console }]
    allow: [{ roles: [all], appids: all }]
    mayActFor: true
  - name: operator
    credentials: [{ cn: operator }]
    allow: [{ roles: [all], appids: all }]
    mayActFor: true
  - name: shop
    credentials: [{ apiKey: { id: "${id}", sha256: "${sha256}" } }]
    allow: [{ roles: [read, publish], appids: [shop] }]
    limits: { perSecond: 50, burst: 200 }
  - name: auditor
    credentials: [{ jwt: { issuer: "${ISSUER}", subject: "${AUDITOR}" } }]
    allow: [{ roles: [read], appids: all }]
`;

/** Lines that say how to call a gateway from a shell, in the root of the repository, as each caller. */
export function howToCall(grpc: string, { ca, operator, shop, auditor }: CallerFiles): string {
  const call = (credential: string) =>
    `npx buf curl --schema proto --protocol grpc --cacert ${ca} ${credential} --data '{}' ` +
    `https://${grpc}/wxa.code.v1.Operations/ListOperations`;
  const bearer = (file: string) => `--header "authorization: Bearer $(cat ${file})"`;
  return [
    'operator, who may do everything, by a client certificate:',
    `  ${call(`--cert ${operator.cert} --key ${operator.key}`)}`,
    'shop, who may read and publish the mini-programs wx0…, by an API key:',
    `  ${call(bearer(shop))}`,
    'auditor, who may read everything, by a JWT:',
    `  ${call(bearer(auditor))}`,
  ].join('\n');
}

/** The operator's credentials, for a gRPC client in this process. */
export async function operatorCredentials({ ca, operator }: CallerFiles): Promise<ChannelCredentials> {
  const [roots, key, cert] = await Promise.all(
    [ca, operator.key, operator.cert].map((path) => readFile(path)),
  );
  return credentials.createSsl(roots, key, cert);
}
