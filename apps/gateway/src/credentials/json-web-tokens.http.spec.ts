import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { AuthenticationFailed } from './authentication-failed.js';
import { selfSigned } from './fixtures/self-signed.js';
import { JsonWebTokens } from './json-web-tokens.js';
import { KeySet, keyServer } from './key-set.js';

const [ISSUER, AUDIENCE] = ['https://id.example.com', 'wxa'];
const [MINUTE, HOUR] = [60_000, 3_600_000];
const START = Date.parse('2027-01-01T00:00:00Z');
const quiet = { info: () => undefined, error: () => undefined };

interface Key {
  kid: string;
  sign: CryptoKey;
  verify: CryptoKey;
  jwk: JWK;
}

async function newKey(kid: string, alg = 'RS256'): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  return { kid, sign: privateKey, verify: publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

/** The server of the issuer's keys, at the edge of the gateway; its clock is that of the tests. */
class KeyServer {
  keys: JWK[] = [];
  requests = 0;
  answer: { status: number; body?: string } = { status: 200 };
  #server: Server | undefined;

  async start({ cert, key }: { cert: string; key: string }): Promise<string> {
    this.#server = createServer({ cert, key }, (_request, response) => {
      this.requests += 1;
      const { status, body = JSON.stringify({ keys: this.keys }) } = this.answer;
      response.writeHead(status, { location: '/elsewhere' }).end(body);
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/keys`;
  }

  async stop(): Promise<void> {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

const server = new KeyServer();
const certificate = selfSigned('127.0.0.1');
const folder = mkdtempSync(join(tmpdir(), 'wxa-code-keys-'));
const caFile = join(folder, 'ca.pem');
let url = '';
let [first, second]: Key[] = [];
let now = START;
let keySet: KeySet;
let tokens: JsonWebTokens;

beforeAll(async () => {
  [first, second, url] = await Promise.all([
    newKey('first'),
    newKey('second', 'ES256'),
    server.start(certificate),
  ]);
}, 30_000);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  now = START;
  writeFileSync(caFile, certificate.cert);
  Object.assign(server, { keys: [first?.jwk], requests: 0, answer: { status: 200 } });
  keySet = new KeySet(keyServer(url, caFile), quiet, () => now);
  const rules = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256', 'ES256'] };
  tokens = new JsonWebTokens(keySet, rules, () => now);
  await keySet.refresh();
});
afterEach(() => keySet.stop());

function token(key: Key | undefined, claims: JWTPayload = {}, header: { alg?: string; kid?: string } = {}) {
  if (key === undefined) throw new Error('no key');
  const payload = { iss: ISSUER, aud: AUDIENCE, sub: 'svc:shop', exp: START / 1000 + 600, ...claims };
  const alg = key.jwk.alg ?? '';
  return new SignJWT(payload).setProtectedHeader({ alg, kid: key.kid, ...header }).sign(key.sign);
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

describe('JsonWebTokens', () => {
  it('A valid token has the issuer, the subject and the expiry of its claims', async () => {
    expect(await tokens.verify(await token(first))).toEqual({
      issuer: ISSUER,
      subject: 'svc:shop',
      expiresAtMs: START + 600_000,
      isRevoked: expect.any(Function),
    });
  });

  it.each<[string, JWTPayload]>([
    ['another audience', { aud: 'other' }],
    ['another issuer', { iss: 'https://other.example.com' }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['no expiry', { exp: undefined }],
    ['a nbf 6 s ahead', { nbf: START / 1000 + 6 }],
  ])('A token with %s is invalid', async (_name, claims) => {
    expect(await resultOf(await token(first, claims))).toBe('invalid');
  });

  it('A clock that is 4 s off is tolerated', async () => {
    expect(await resultOf(await token(first, { nbf: START / 1000 + 4 }))).toBe('ok');
    expect(await resultOf(await token(first, { exp: START / 1000 - 4 }))).toBe('ok');
    expect(await resultOf(await token(first, { exp: START / 1000 - 6 }))).toBe('expired');
  });

  it('A token that was valid is expired after its exp, although it was remembered', async () => {
    const text = await token(first);
    expect(await resultOf(text)).toBe('ok');
    expect(tokens.verify(text)).not.toBeInstanceOf(Promise);
    now += 600_000 + 6_000;
    expect(await resultOf(text)).toBe('expired');
  });

  it('Tokens without a signature, with the public key as shared secret, and with changed claims are invalid', async () => {
    if (first === undefined) throw new Error('no key');
    const valid = await token(first);
    const [, payload = '', signature = ''] = valid.split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const secret = Buffer.from(await exportSPKI(first.verify).catch(() => JSON.stringify(first?.jwk)));
    const shared = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'x', exp: START / 1000 + 600 })
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .sign(secret);
    const changed = Buffer.from(payload, 'base64url').toString().replace('svc:shop', 'svc:root');
    const forged = [valid.split('.')[0], Buffer.from(changed).toString('base64url'), signature].join('.');
    for (const text of [none, shared, forged, 'a.b.c', 'nonsense', ''])
      expect(await resultOf(text)).toBe('invalid');
  });

  it('A token of an algorithm that is not allowed is invalid', async () => {
    const key = await newKey('third', 'PS256');
    server.keys.push(key.jwk);
    await keySet.refresh();
    expect(await resultOf(await token(key))).toBe('invalid');
  });

  it('A new key is fetched for its first token, and unknown keys cause at most one fetch in 30 s', async () => {
    server.keys = [second?.jwk ?? {}];
    now += MINUTE;
    expect(server.requests).toBe(1);
    expect(await resultOf(await token(second))).toBe('ok');
    expect(server.requests).toBe(2);
    const unknown = await token(await newKey('unknown'));
    expect(await Promise.all([unknown, unknown, unknown].map(resultOf))).toEqual(Array(3).fill('invalid'));
    expect(server.requests).toBe(2);
    now += 31_000;
    expect(await Promise.all([unknown, unknown, unknown].map(resultOf))).toEqual(Array(3).fill('invalid'));
    expect(server.requests).toBe(3);
  });

  it('A token of a key that was removed is invalid at once, although it was remembered', async () => {
    const text = await token(first);
    expect(await resultOf(text)).toBe('ok');
    server.keys = [second?.jwk ?? {}];
    await keySet.refresh();
    expect(await resultOf(text)).toBe('invalid');
  });

  it('While the key server is down the last keys are used for an hour, and afterwards until it is back none', async () => {
    const exp = START / 1000 + 24 * 3600;
    const text = await token(first, { exp });
    expect(await resultOf(text)).toBe('ok');
    server.answer = { status: 503 };
    now += 30 * MINUTE;
    await keySet.refresh();
    expect(await resultOf(text)).toBe('ok');
    expect(await resultOf(await token(first, { exp, sub: 'svc:other' }))).toBe('ok');
    now += HOUR - 30 * MINUTE + 1;
    expect(await resultOf(text)).toBe('unavailable');
    server.answer = { status: 200 };
    await keySet.refresh();
    expect(await resultOf(text)).toBe('ok');
  });

  it('Without a key set at the start, tokens cannot be verified until there is one', async () => {
    const starting = new KeySet(keyServer(url, caFile), quiet, () => now);
    tokens = new JsonWebTokens(
      starting,
      { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'] },
      () => now,
    );
    server.answer = { status: 404 };
    await starting.refresh();
    expect(await resultOf(await token(first))).toBe('unavailable');
    server.answer = { status: 200 };
    await starting.refresh();
    starting.stop();
    expect(await resultOf(await token(first))).toBe('ok');
  });

  it.each([
    ['a redirect', { status: 302 }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['JSON that is no key set', { status: 200, body: '{"keys":7}' }],
    ['more than 1 MiB', { status: 200, body: `{"keys":[]${' '.repeat(1024 * 1024)}}` }],
  ])('An answer of the key server with %s is not used', async (_name, answer) => {
    server.answer = answer;
    await keySet.refresh();
    expect(await resultOf(await token(first))).toBe('ok');
  });

  it('A key server with a certificate of an unknown CA is not used', async () => {
    const distrusting = new KeySet(keyServer(url), quiet, () => now);
    await distrusting.refresh();
    distrusting.stop();
    expect(distrusting.keys).toBeUndefined();
  });

  it('A new CA of the key server is used once its file has it, and until then the last keys are', async () => {
    const text = await token(first);
    for (const other of [selfSigned('127.0.0.1').cert, '']) {
      writeFileSync(caFile, other);
      const requests = server.requests;
      await keySet.refresh();
      expect(server.requests).toBe(requests);
      expect(await resultOf(text)).toBe('ok');
    }
    server.keys = [second?.jwk ?? {}];
    writeFileSync(caFile, certificate.cert);
    await keySet.refresh();
    expect(await resultOf(text)).toBe('invalid');
    expect(await resultOf(await token(second))).toBe('ok');
  });
});

it('A token is revoked once its key is taken out of the key set, not while another is added or the set cannot be read', async () => {
  const verified = await tokens.verify(await token(first));
  server.keys = [first?.jwk, second?.jwk].filter((jwk) => jwk !== undefined);
  await keySet.refresh();
  expect(verified.isRevoked()).toBe(false);
  server.answer = { status: 500 };
  now += 2 * HOUR;
  await keySet.refresh();
  expect(verified.isRevoked()).toBe(false);
  server.answer = { status: 200 };
  server.keys = second === undefined ? [] : [second.jwk];
  await keySet.refresh();
  expect(verified.isRevoked()).toBe(true);
});

it('A token is not revoked while a number of its key has leading zeros in the key set', async () => {
  const n = Buffer.concat([Buffer.alloc(1), Buffer.from(first?.jwk.n ?? '', 'base64url')]).toString(
    'base64url',
  );
  server.keys = [{ ...first?.jwk, n }];
  await keySet.refresh();
  expect((await tokens.verify(await token(first))).isRevoked()).toBe(false);
});
