import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MissingKeyError, readSecretsKey, Secrets } from './secrets.js';

const key = randomBytes(32);
const secrets = new Secrets(key);

describe('Secrets', () => {
  it('opens what it sealed, at its place only', () => {
    const sealed = secrets.seal('authorizers/a/refresh_token', '令牌 token');
    expect(secrets.open('authorizers/a/refresh_token', sealed)).toBe('令牌 token');
    expect(() => secrets.open('authorizers/b/refresh_token', sealed)).toThrow();
    expect(sealed).not.toContain('token');
  });

  it('opens nothing that was changed', () => {
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

  it('never seals twice alike', () => {
    expect(secrets.seal('p', 't')).not.toBe(secrets.seal('p', 't'));
  });

  it('opens what the previous key sealed, and names a key id it does not know', () => {
    const next = new Secrets(randomBytes(32), key);
    const sealed = secrets.seal('p', 't');
    expect(next.open('p', sealed)).toBe('t');
    expect(next.keyIds).toEqual([secrets.keyId, next.keyId]);
    expect(() => secrets.open('p', next.seal('p', 't'))).toThrow(new MissingKeyError([next.keyId]));
    expect(() => secrets.open('p', next.seal('p', 't'))).toThrow(next.keyId);
  });
});

describe('readSecretsKey', () => {
  it('takes 32 bytes in base64, of either alphabet', () => {
    expect(readSecretsKey(key.toString('base64'))).toEqual(key);
    expect(readSecretsKey(key.toString('base64url'))).toEqual(key);
  });

  it.each([
    '',
    'x',
    randomBytes(31).toString('base64'),
    randomBytes(33).toString('base64'),
    key.toString('hex'),
  ])('refuses %j', (text) => expect(readSecretsKey(text)).toBeUndefined());
});
