import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MissingKeyError, readSecretsKey, Secrets } from './secrets.js';

const key = randomBytes(32);
const secrets = new Secrets(key);

describe('Secrets', () => {
  it('A text is encrypted differently each time, and decrypted only at the place that it was encrypted for', () => {
    expect(secrets.seal('p', 't')).not.toBe(secrets.seal('p', 't'));
    const sealed = secrets.seal('authorizers/a/refresh_token', '令牌 token');
    expect(secrets.open('authorizers/a/refresh_token', sealed)).toBe('令牌 token');
    expect(() => secrets.open('authorizers/b/refresh_token', sealed)).toThrow();
    expect(sealed).not.toContain('token');
  });

  it('An encrypted text that was changed in any byte is not decrypted', () => {
    const sealed = secrets.seal('p', 'text');
    const body = Buffer.from(sealed.split('.')[1] ?? '', 'base64');
    for (let i = 0; i < body.length; i += 1) {
      const changed = Buffer.from(body);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() => secrets.open('p', `${secrets.keyId}.${changed.toString('base64')}`)).toThrow();
    }
    expect(() => secrets.open('p', `${secrets.keyId}.`)).toThrow();
    expect(() => secrets.open('p', `${secrets.keyId}.${body.subarray(0, -4).toString('base64')}`)).toThrow();
  });

  it('A text under the previous key is decrypted, and one under an unknown key fails with that key id', () => {
    const next = new Secrets(randomBytes(32), key);
    const sealed = secrets.seal('p', 't');
    expect(next.open('p', sealed)).toBe('t');
    expect(next.keyIds).toEqual([secrets.keyId, next.keyId]);
    expect(() => secrets.open('p', next.seal('p', 't'))).toThrow(new MissingKeyError([next.keyId]));
    expect(() => secrets.open('p', next.seal('p', 't'))).toThrow(next.keyId);
  });
});

describe('readSecretsKey', () => {
  it('readSecretsKey accepts 32 bytes in base64 of either alphabet, and nothing else', () => {
    for (const alphabet of ['base64', 'base64url'] as const)
      expect(readSecretsKey(key.toString(alphabet))).toEqual(key);
    const bytes = (count: number) => randomBytes(count).toString('base64');
    const others = ['', 'x', bytes(31), bytes(33), key.toString('hex')];
    expect(others.map(readSecretsKey)).toEqual(Array(5).fill(undefined));
  });
});
