import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decryptMessage,
  encryptMessage,
  isEncodingAesKey,
  sign,
  verifySignature,
} from './callback-crypto.js';

type Texts =
  | 'id'
  | 'token'
  | 'encoding_aes_key'
  | 'appid'
  | 'random16'
  | 'encrypt'
  | 'plaintext'
  | 'receiveid';
type Vector = Record<Texts, string> & Partial<Record<'timestamp' | 'nonce' | 'msg_signature', string>>;
/** What differs from the vector `base`, or a vector with its own keys. */
interface Change extends Vector {
  base?: string;
  change?: { msg_signature?: string };
  construct?: { encoding_aes_key: string };
  configured: { current: string; previous: string };
}
const file = readFileSync(new URL('../../fixtures/crypto-vectors.json', import.meta.url), 'utf8');
const { vectors, negative_and_rotation: changes }: { vectors: Vector[]; negative_and_rotation: Change[] } =
  JSON.parse(file);
const keyA = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';

function named<T extends { id: string }>(id: string | undefined, all: T[]): T {
  const found = all.find((each) => each.id === id);
  if (!found) throw new Error(`no vector ${id}`);
  return found;
}

const changed = (id: string) => named(id, changes);
const envelope = ({ token, timestamp = '', nonce = '', encrypt, msg_signature: signature = '' }: Vector) => ({
  ...{ token, timestamp, nonce, encrypt, signature },
});

describe('official test vectors', () => {
  it.each(vectors)(
    'The official vector $id is decrypted to its text and receiver, and encrypted to the same bytes',
    (v) => {
      const { encoding_aes_key: encodingAesKey, encrypt } = v;
      const plain = { message: v.plaintext, receiveId: v.receiveid };
      expect(decryptMessage({ encodingAesKey, encrypt })).toEqual(plain);
      expect(encryptMessage({ encodingAesKey, ...plain, random: Buffer.from(v.random16) })).toBe(encrypt);
    },
  );

  it.each(vectors.filter((v) => v.msg_signature))(
    'The official vector $id has the signature that sign computes',
    (v) => {
      expect(sign(v.token, v.timestamp ?? '', v.nonce ?? '', v.encrypt)).toBe(v.msg_signature);
      expect(verifySignature(envelope(v))).toBe(true);
    },
  );
});

describe('negative test vectors', () => {
  it('verifySignature rejects a wrong signature, and a signature over another ciphertext', () => {
    const { base, change } = changed('neg-bad-signature');
    const signature = change?.msg_signature ?? '';
    expect(verifySignature({ ...envelope(named(base, vectors)), signature })).toBe(false);
    const v = named(changed('neg-changed-ciphertext').base, vectors);
    expect(verifySignature({ ...envelope(v), encrypt: v.encrypt.slice(1) })).toBe(false);
  });

  it('A key of fewer than 43 characters encrypts and decrypts nothing', () => {
    const encodingAesKey = changed('neg-short-key').construct?.encoding_aes_key ?? '';
    expect(isEncodingAesKey(encodingAesKey)).toBe(false);
    expect(() => encryptMessage({ encodingAesKey, message: '', receiveId: '' })).toThrow(TypeError);
    const { encrypt } = named('official-csharp-decrypt', vectors);
    expect(decryptMessage({ encodingAesKey, encrypt })).toBe(undefined);
  });

  it.each(['neg-not-base64', 'neg-not-block-multiple', 'neg-bad-padding'])(
    'decryptMessage returns undefined for %s',
    (id) => {
      const encrypt = changed(id).encrypt ?? '';
      expect(decryptMessage({ encodingAesKey: keyA, encrypt })).toBe(undefined);
    },
  );

  it('A message under the previous key is decrypted with the previous key only', () => {
    const { configured, encrypt, plaintext: message, appid: receiveId, random16 } = changed('key-rotation');
    const { current, previous: encodingAesKey } = configured;
    expect(decryptMessage({ encodingAesKey: current, encrypt })).toBe(undefined);
    expect(decryptMessage({ encodingAesKey, encrypt })).toEqual({ message, receiveId });
    const random = Buffer.from(random16);
    expect(encryptMessage({ encodingAesKey, message, receiveId, random })).toBe(encrypt);
  });
});

describe('encryptMessage and decryptMessage', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });

  it('Any message and receiver are unchanged after encryption and decryption', () => {
    fc.assert(
      fc.property(text, text, (message, receiveId) => {
        const encrypt = encryptMessage({ encodingAesKey: keyA, message, receiveId });
        expect(decryptMessage({ encodingAesKey: keyA, encrypt })).toEqual({ message, receiveId });
      }),
    );
  });

  it('A message of any padding size is unchanged after encryption and decryption', () => {
    for (let size = 0; size <= 64; size++) {
      const plain = { message: 'm'.repeat(size), receiveId: '' };
      const encrypt = encryptMessage({ encodingAesKey: keyA, ...plain });
      expect(decryptMessage({ encodingAesKey: keyA, encrypt })).toEqual(plain);
    }
  });

  it('A ciphertext with a changed byte never throws and does not match its signature', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, change) => {
        const given = encryptMessage({ encodingAesKey: keyA, message, receiveId: 'wx' });
        const sealed = Buffer.from(given, 'base64');
        const index = at % sealed.length;
        sealed[index] = (sealed[index] ?? 0) ^ change;
        const encrypt = sealed.toString('base64');
        expect(() => decryptMessage({ encodingAesKey: keyA, encrypt })).not.toThrow();
        expect(sign('t', '1', 'n', encrypt)).not.toBe(sign('t', '1', 'n', given));
      }),
    );
  });

  it('decryptMessage does not throw for any text in place of a ciphertext', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (encrypt) => {
        expect(() => decryptMessage({ encodingAesKey: keyA, encrypt })).not.toThrow();
      }),
    );
  });
});

describe('decryptMessage', () => {
  const random = Buffer.alloc(16);
  const ofLength = (length: number, body: Uint8Array) => {
    const field = Buffer.alloc(4);
    field.writeUInt32BE(length);
    return Buffer.concat([random, field, body]);
  };
  const padTo32 = (plain: Buffer) => {
    const size = 32 - (plain.length % 32);
    return Buffer.concat([plain, Buffer.alloc(size, size)]);
  };

  it.each([
    ['a length field beyond the end', padTo32(ofLength(9, Buffer.from('short')))],
    ['a length field of 4 GiB', padTo32(ofLength(0xffffffff, Buffer.from('short')))],
    ['a message that is not UTF-8', padTo32(ofLength(2, Buffer.from([0xc3, 0x28])))],
    ['a receiver that is not UTF-8', padTo32(ofLength(0, Buffer.from([0xff])))],
    ['no room for the length field', padTo32(Buffer.alloc(18))],
    ['nothing but padding', Buffer.alloc(32, 32)],
    ['a padding of 33', Buffer.alloc(64, 33)],
    ['a padding of 0', Buffer.alloc(32, 0)],
    ['a padding of mixed bytes', Buffer.concat([Buffer.alloc(30, 0), Buffer.from([3, 2])])],
  ])('decryptMessage returns undefined for %s', (_name, padded) => {
    const key = Buffer.from(`${keyA}=`, 'base64');
    const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
    const encrypt = Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
    expect(decryptMessage({ encodingAesKey: keyA, encrypt })).toBe(undefined);
  });
});
