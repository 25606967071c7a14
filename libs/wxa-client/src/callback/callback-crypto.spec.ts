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

interface Vector {
  id: string;
  token: string;
  encoding_aes_key: string;
  appid: string;
  timestamp?: string;
  nonce?: string;
  msg_signature?: string;
  random16: string;
  encrypt: string;
  plaintext: string;
  receiveid: string;
}
interface Change {
  id: string;
  base?: string;
  change?: { msg_signature?: string };
  encrypt?: string;
  construct?: { encoding_aes_key: string };
}
interface Rotation extends Change {
  configured: { current: string; previous: string };
  plaintext: string;
  appid: string;
  random16: string;
  encrypt: string;
}
interface Vectors {
  vectors: Vector[];
  negative_and_rotation: (Change | Rotation)[];
}

const data: Vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/crypto-vectors.json', import.meta.url), 'utf8'),
);
const keyA = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';

function vector(id: string | undefined): Vector {
  const found = data.vectors.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`no vector ${id}`);
  return found;
}

function negative(id: string): Change {
  const found = data.negative_and_rotation.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`no vector ${id}`);
  return found;
}

function envelope({ token, timestamp = '', nonce = '', encrypt, msg_signature = '' }: Vector) {
  return { token, timestamp, nonce, encrypt, signature: msg_signature };
}

describe('official test vectors', () => {
  it.each(data.vectors)('The official vector $id is decrypted to its text and receiver', (v) => {
    expect(decryptMessage({ encodingAesKey: v.encoding_aes_key, encrypt: v.encrypt })).toEqual({
      message: v.plaintext,
      receiveId: v.receiveid,
    });
  });

  it.each(data.vectors)('The official vector $id is encrypted to the same bytes', (v) => {
    const random = Buffer.from(v.random16);
    const encodingAesKey = v.encoding_aes_key;
    const encrypt = encryptMessage({ encodingAesKey, message: v.plaintext, receiveId: v.receiveid, random });
    expect(encrypt).toBe(v.encrypt);
  });

  it.each(data.vectors.filter((v) => v.msg_signature))(
    'The official vector $id has the signature that sign computes',
    (v) => {
      expect(sign(v.token, v.timestamp ?? '', v.nonce ?? '', v.encrypt)).toBe(v.msg_signature);
      expect(verifySignature(envelope(v))).toBe(true);
    },
  );
});

describe('negative test vectors', () => {
  it('verifySignature rejects a wrong signature', () => {
    const { base, change } = negative('neg-bad-signature');
    const signature = change?.msg_signature ?? '';
    expect(verifySignature({ ...envelope(vector(base)), signature })).toBe(false);
  });

  it('verifySignature rejects a signature over another ciphertext', () => {
    const v = vector(negative('neg-changed-ciphertext').base);
    expect(verifySignature({ ...envelope(v), encrypt: v.encrypt.slice(1) })).toBe(false);
  });

  it('decryptMessage returns the receiver, so that the caller can reject a message for another one', () => {
    const v = vector(negative('neg-receiveid').base);
    const opened = decryptMessage({ encodingAesKey: v.encoding_aes_key, encrypt: v.encrypt });
    expect(opened?.receiveId).not.toBe('wx_other_appid');
  });

  it('A key of fewer than 43 characters encrypts and decrypts nothing', () => {
    const key = negative('neg-short-key').construct?.encoding_aes_key ?? '';
    expect(isEncodingAesKey(key)).toBe(false);
    expect(() => encryptMessage({ encodingAesKey: key, message: '', receiveId: '' })).toThrow(TypeError);
    expect(decryptMessage({ encodingAesKey: key, encrypt: vector('official-csharp-decrypt').encrypt })).toBe(
      undefined,
    );
  });

  it.each(['neg-not-base64', 'neg-not-block-multiple', 'neg-bad-padding'])(
    'decryptMessage returns undefined for %s',
    (id) => {
      const encrypt = negative(id).encrypt ?? '';
      expect(decryptMessage({ encodingAesKey: keyA, encrypt })).toBe(undefined);
    },
  );

  it('A message under the previous key is decrypted with the previous key only', () => {
    const rotation = negative('key-rotation') as Rotation;
    const { current, previous } = rotation.configured;
    const opened = { message: rotation.plaintext, receiveId: rotation.appid };
    expect(decryptMessage({ encodingAesKey: current, encrypt: rotation.encrypt })).toBe(undefined);
    expect(decryptMessage({ encodingAesKey: previous, encrypt: rotation.encrypt })).toEqual(opened);
    const random = Buffer.from(rotation.random16);
    expect(encryptMessage({ encodingAesKey: previous, ...opened, random })).toBe(rotation.encrypt);
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
        const sealed = Buffer.from(
          encryptMessage({ encodingAesKey: keyA, message, receiveId: 'wx' }),
          'base64',
        );
        const index = at % sealed.length;
        sealed[index] = (sealed[index] ?? 0) ^ change;
        const encrypt = sealed.toString('base64');
        const before = sign('t', '1', 'n', encrypt);
        expect(() => decryptMessage({ encodingAesKey: keyA, encrypt })).not.toThrow();
        sealed[index] ^= change;
        expect(sign('t', '1', 'n', sealed.toString('base64'))).not.toBe(before);
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
