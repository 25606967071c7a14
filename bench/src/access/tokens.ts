import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const AUDIENCE = 'wxa-code';
const VALID_S = 3_600;

/** A JWT that is valid for an hour, and the settings of a gateway that accepts it. */
export interface Tokens {
  token: string;
  issuer: string;
  subject: string;
  settings: Record<string, string>;
}

/** Signs a JWT by ES256 with a new key, whose key set is written to `folder`. */
export async function createTokens(folder: string): Promise<Tokens> {
  const [issuer, subject, kid] = ['https://id.wxa-code.example', 'svc:caller', 'bench'];
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = join(folder, 'jwks.json');
  const key = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' };
  await writeFile(jwks, JSON.stringify({ keys: [key] }));
  const exp = Math.floor(Date.now() / 1000) + VALID_S;
  const signed = [
    { alg: 'ES256', kid },
    { iss: issuer, aud: AUDIENCE, sub: subject, exp },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const settings = { AUTH_JWT_ISSUER: issuer, AUTH_JWT_AUDIENCE: AUDIENCE, AUTH_JWT_JWKS: jwks };
  return { token: `${signed}.${signature.toString('base64url')}`, issuer, subject, settings };
}
