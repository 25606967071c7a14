import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { AuthenticationFailed } from './authentication-failed.js';
import { selfSigned } from './fixtures/self-signed.js';
import { JsonWebTokens } from './json-web-tokens.js';
import { KeySet, keyServer } from './key-set.js';

const [ISSUER, AUDIENCE] = ['https://id.example.com', 'wxa'];
const [MINUTE, HOUR] = [60_000, 3_600_000];
const START = Date.parse('2027-01-01T00:00:00Z');
const quiet = { info: () => undefined, error: () => undefined };

async function newKey(kid: string, alg = 'RS256') {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg };
  return { kid, sign: privateKey, verify: publicKey, jwk };
}
type Key = Awaited<ReturnType<typeof newKey>>;

const certificate = selfSigned('127.0.0.1');
const folder = mkdtempSync(join(tmpdir(), 'wxa-code-keys-'));
const caFile = join(folder, 'ca.pem');
const rules = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256', 'ES256'] };

/** What the server of the issuer's keys answers, and how often it was asked. */
let keys: JWK[];
let answer: { status: number; body?: string };
let requests = 0;
const server = createServer(certificate, (_request, response) => {
  requests += 1;
  const { status, body = JSON.stringify({ keys }) } = answer;
  response.writeHead(status, { location: '/elsewhere' }).end(body);
});
let [first, second]: [Key, Key] = [] as never;
/** The clock of the tests. */
let now = START;
let keySet: KeySet;
let tokens: JsonWebTokens;
const newKeySet = (ca?: string) => {
  const { port } = server.address() as AddressInfo;
  return new KeySet(keyServer(`https://127.0.0.1:${port}/keys`, ca), quiet, () => now);
};

beforeAll(async () => {
  [first, second] = await Promise.all([newKey('first'), newKey('second', 'ES256')]);
  await once(server.listen(0, '127.0.0.1'), 'listening');
}, 30_000);
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  now = START;
  writeFileSync(caFile, certificate.cert);
  [keys, requests, answer] = [[first.jwk], 0, { status: 200 }];
  keySet = newKeySet(caFile);
  tokens = new JsonWebTokens(keySet, rules, () => now);
  await keySet.refresh();
});
afterEach(() => keySet.stop());

function token({ jwk, kid, sign }: Key, claims: JWTPayload = {}) {
  const payload = { iss: ISSUER, aud: AUDIENCE, sub: 'svc:shop', exp: START / 1000 + 600, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: jwk.alg ?? '', kid }).sign(sign);
}

/** `ok`, or why the token is rejected. */
async function resultOf(text: string): Promise<string> {
  try {
    await tokens.verify(text);
    return 'ok';
  } catch (error) {
    if (!(error instanceof AuthenticationFailed)) throw error;
    return error.result;
  }
}

it('A valid token has the issuer, the subject and the expiry of its claims', async () => {
  const claims = { issuer: ISSUER, subject: 'svc:shop', expiresAtMs: START + 600_000 };
  const verified = await tokens.verify(await token(first));
  expect(verified).toEqual({ ...claims, isRevoked: expect.any(Function) });
});

it.each<[string, JWTPayload, string]>([
  ['another audience is invalid', { aud: 'other' }, 'invalid'],
  ['another issuer is invalid', { iss: 'https://other.example.com' }, 'invalid'],
  ['no subject is invalid', { sub: undefined }, 'invalid'],
  ['an empty subject is invalid', { sub: '' }, 'invalid'],
  ['no expiry is invalid', { exp: undefined }, 'invalid'],
  ['a nbf 6 s ahead is invalid', { nbf: START / 1000 + 6 }, 'invalid'],
  ['a nbf 4 s ahead is valid: clocks differ', { nbf: START / 1000 + 4 }, 'ok'],
  ['an exp 4 s ago is valid: clocks differ', { exp: START / 1000 - 4 }, 'ok'],
  ['an exp 6 s ago is expired', { exp: START / 1000 - 6 }, 'expired'],
])('A token with %s', async (_name, claims, result) => {
  expect(await resultOf(await token(first, claims))).toBe(result);
});

it('A token that was valid is expired after its exp, although it was remembered', async () => {
  const text = await token(first);
  expect(await resultOf(text)).toBe('ok');
  expect(tokens.verify(text)).not.toBeInstanceOf(Promise);
  now += 600_000 + 6_000;
  expect(await resultOf(text)).toBe('expired');
});

it('Tokens without a signature, with the public key as shared secret, with changed claims or of an algorithm that is not allowed are invalid', async () => {
  const valid = await token(first);
  const [header = '', payload = '', signature = ''] = valid.split('.');
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  const secret = Buffer.from(await exportSPKI(first.verify).catch(() => JSON.stringify(first.jwk)));
  const shared = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'x', exp: START / 1000 + 600 })
    .setProtectedHeader({ alg: 'HS256', kid: 'first' })
    .sign(secret);
  const changed = Buffer.from(payload, 'base64url').toString().replace('svc:shop', 'svc:root');
  const forged = [header, Buffer.from(changed).toString('base64url'), signature].join('.');
  const third = await newKey('third', 'PS256');
  keys.push(third.jwk);
  await keySet.refresh();
  for (const text of [none, shared, forged, await token(third), 'a.b.c', 'nonsense', ''])
    expect(await resultOf(text)).toBe('invalid');
});

it('A new key is fetched for its first token, and unknown keys cause at most one fetch in 30 s', async () => {
  keys = [second.jwk];
  now += MINUTE;
  expect(requests).toBe(1);
  expect(await resultOf(await token(second))).toBe('ok');
  expect(requests).toBe(2);
  const unknown = Array<string>(3).fill(await token(await newKey('unknown')));
  for (const fetches of [2, 3]) {
    expect(await Promise.all(unknown.map(resultOf))).toEqual(Array(3).fill('invalid'));
    expect(requests).toBe(fetches);
    now += 31_000;
  }
});

it('While the key server is down the last keys are used for an hour, and afterwards until it is back none', async () => {
  const exp = START / 1000 + 24 * 3600;
  const text = await token(first, { exp });
  expect(await resultOf(text)).toBe('ok');
  answer = { status: 503 };
  now += 30 * MINUTE;
  await keySet.refresh();
  expect(await resultOf(text)).toBe('ok');
  expect(await resultOf(await token(first, { exp, sub: 'svc:other' }))).toBe('ok');
  now += HOUR - 30 * MINUTE + 1;
  expect(await resultOf(text)).toBe('unavailable');
  answer = { status: 200 };
  await keySet.refresh();
  expect(await resultOf(text)).toBe('ok');
});

it('Without a key set at the start, tokens cannot be verified until there is one', async () => {
  const starting = newKeySet(caFile);
  tokens = new JsonWebTokens(starting, rules, () => now);
  answer = { status: 404 };
  await starting.refresh();
  expect(await resultOf(await token(first))).toBe('unavailable');
  answer = { status: 200 };
  await starting.refresh();
  starting.stop();
  expect(await resultOf(await token(first))).toBe('ok');
});

it.each([
  ['a redirect', { status: 302 }],
  ['no JSON', { status: 200, body: '<html>' }],
  ['JSON that is no key set', { status: 200, body: '{"keys":7}' }],
  ['more than 1 MiB', { status: 200, body: `{"keys":[]${' '.repeat(1024 * 1024)}}` }],
])('An answer of the key server with %s is not used', async (_name, given) => {
  answer = given;
  await keySet.refresh();
  expect(await resultOf(await token(first))).toBe('ok');
});

it('A key server with a certificate of an unknown CA is not used', async () => {
  const distrusting = newKeySet();
  await distrusting.refresh();
  distrusting.stop();
  expect(distrusting.keys).toBeUndefined();
});

it('A new CA of the key server is used once its file has it, and until then the last keys are', async () => {
  const text = await token(first);
  for (const other of [selfSigned('127.0.0.1').cert, '']) {
    writeFileSync(caFile, other);
    const before = requests;
    await keySet.refresh();
    expect(requests).toBe(before);
    expect(await resultOf(text)).toBe('ok');
  }
  keys = [second.jwk];
  writeFileSync(caFile, certificate.cert);
  await keySet.refresh();
  expect(await resultOf(text)).toBe('invalid');
  expect(await resultOf(await token(second))).toBe('ok');
});

it('A token is revoked once its key is taken out of the key set, not while another is added or the set cannot be read', async () => {
  const verified = await tokens.verify(await token(first));
  keys = [first.jwk, second.jwk];
  await keySet.refresh();
  expect(verified.isRevoked()).toBe(false);
  answer = { status: 500 };
  now += 2 * HOUR;
  await keySet.refresh();
  expect(verified.isRevoked()).toBe(false);
  [answer, keys] = [{ status: 200 }, [second.jwk]];
  await keySet.refresh();
  expect(verified.isRevoked()).toBe(true);
});

it('A token is not revoked while a number of its key has leading zeros in the key set', async () => {
  const n = Buffer.concat([Buffer.alloc(1), Buffer.from(first.jwk.n ?? '', 'base64url')]);
  keys = [{ ...first.jwk, n: n.toString('base64url') }];
  await keySet.refresh();
  expect((await tokens.verify(await token(first))).isRevoked()).toBe(false);
});
