import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { consoleSettings, Oidc, SealedCookies } from '@wxa/console';
import { createLogger, readConfig } from '@wxa/service';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { serve } from '../serve.js';

const logger = createLogger('test', 'silent');
const [own, other] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')];
let server: Awaited<ReturnType<typeof serve>>;
let issuer: string;
/** What the token endpoint returns next. */
let idToken = '';

beforeAll(async () => {
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'RS256', use: 'sig' };
  const answers: Record<string, () => object> = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['RS256'],
    }),
    '/keys': () => ({ keys: [jwk] }),
    '/token': () => ({ access_token: 'x', token_type: 'Bearer', id_token: idToken }),
  };
  server = await serve((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answers[request.url ?? '']?.() ?? {}));
  });
  issuer = server.url;
});
afterAll(() => server?.stop());

/** The user of a login whose ID token has these claims. */
async function userOf(claims: JWTPayload, key = own.privateKey, env: Record<string, string> = {}) {
  const settings = readConfig(consoleSettings, {
    CONSOLE_SECRET: randomBytes(32).toString('base64'),
    ...{ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'console', OIDC_ROLE_CLAIM: 'role', ...env },
  });
  const oidc = new Oidc(settings, new SealedCookies(randomBytes(32)), logger, { scopes: {}, groups: [] });
  const { url, pending } = await oidc.begin('/');
  idToken = await new SignJWT({ role: 'operator', nonce: url.searchParams.get('nonce'), ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'own' })
    .setIssuer(issuer)
    .setAudience('console')
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key);
  const path = `/login/oidc/callback?code=x&state=${url.searchParams.get('state')}`;
  return (await oidc.finish(path, pending)).user;
}

it('An ID token that the issuer has not signed logs nobody in', async () => {
  const claims = { sub: '7' };
  await expect(userOf(claims, other.privateKey)).rejects.toThrow();
  expect(await userOf(claims)).toEqual({ name: `7 <${issuer}#7>`, grant: { role: 'operator' } });
});

it('A user of the issuer is named with the account, whatever name the user has chosen', async () => {
  const env = { OIDC_NAME_CLAIM: 'preferred_username' };
  const named = (preferred_username: string) => userOf({ sub: '7', preferred_username }, own.privateKey, env);
  expect((await named('zhang')).name).toBe(`zhang <${issuer}#7>`);
  await expect(named(`zhang <${issuer}#1>`)).rejects.toThrow('preferred_username');
  await expect(named('z'.repeat(200))).rejects.toThrow('too long');
  expect((await userOf({ sub: '7', preferred_username: 'zhang' })).name).toBe(`7 <${issuer}#7>`);
});

it('The role is in the claim of that name, or at its path in nested claims', async () => {
  const env = { OIDC_ROLE_CLAIM: 'realm_access.roles' };
  const named = (claims: JWTPayload) => userOf({ sub: '7', ...claims }, own.privateKey, env);
  expect((await named({ realm_access: { roles: ['viewer'] } })).grant).toEqual({ role: 'viewer' });
  expect((await named({ 'realm_access.roles': 'operator' })).grant).toEqual({ role: 'operator' });
  expect((await named({ realm_access: 'operator' })).grant).toBeUndefined();
});
