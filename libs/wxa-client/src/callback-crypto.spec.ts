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
  readFileSync(new URL('./fixtures/crypto-vectors.json', import.meta.url), 'utf8'),
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

describe('the official vectors', () => {
  it.each(data.vectors)('$id decrypts to its text and receiver', (v) => {
    expect(decryptMessage({ encodingAesKey: v.encoding_aes_key, encrypt: v.encrypt })).toEqual({
      message: v.plaintext,
      receiveId: v.receiveid,
    });
  });

  it.each(data.vectors)('$id encrypts to the same bytes', (v) => {
    const random = Buffer.from(v.random16);
    const encodingAesKey = v.encoding_aes_key;
    const encrypt = encryptMessage({ encodingAesKey, message: v.plaintext, receiveId: v.receiveid, random });
    expect(encrypt).toBe(v.encrypt);
  });

  it.each(data.vectors.filter((v) => v.msg_signature))('$id carries the signature we compute', (v) => {
    expect(sign(v.token, v.timestamp ?? '', v.nonce ?? '', v.encrypt)).toBe(v.msg_signature);
    expect(verifySignature(envelope(v))).toBe(true);
  });
});

describe('the negative vectors', () => {
  it('refuses a wrong signature', () => {
    const { base, change } = negative('neg-bad-signature');
    const signature = change?.msg_signature ?? '';
    expect(verifySignature({ ...envelope(vector(base)), signature })).toBe(false);
  });

  it('refuses a signature over another ciphertext', () => {
    const v = vector(negative('neg-changed-ciphertext').base);
    expect(verifySignature({ ...envelope(v), encrypt: v.encrypt.slice(1) })).toBe(false);
  });

  it('gives the receiver, so that the caller can refuse a message for somebody else', () => {
    const v = vector(negative('neg-receiveid').base);
    const opened = decryptMessage({ encodingAesKey: v.encoding_aes_key, encrypt: v.encrypt });
    expect(opened?.receiveId).not.toBe('wx_other_appid');
  });

  it('refuses a short key', () => {
    const key = negative('neg-short-key').construct?.encoding_aes_key ?? '';
    expect(isEncodingAesKey(key)).toBe(false);
    expect(() => encryptMessage({ encodingAesKey: key, message: '', receiveId: '' })).toThrow(TypeError);
    expect(decryptMessage({ encodingAesKey: key, encrypt: vector('official-csharp-decrypt').encrypt })).toBe(
      undefined,
    );
  });

  it.each(['neg-not-base64', 'neg-not-block-multiple', 'neg-bad-padding'])('%s opens to nothing', (id) => {
    const encrypt = negative(id).encrypt ?? '';
    expect(decryptMessage({ encodingAesKey: keyA, encrypt })).toBe(undefined);
  });

  it('opens with the previous key what the current one cannot', () => {
    const rotation = negative('key-rotation') as Rotation;
    const { current, previous } = rotation.configured;
    const opened = { message: rotation.plaintext, receiveId: rotation.appid };
    expect(decryptMessage({ encodingAesKey: current, encrypt: rotation.encrypt })).toBe(undefined);
    expect(decryptMessage({ encodingAesKey: previous, encrypt: rotation.encrypt })).toEqual(opened);
    const random = Buffer.from(rotation.random16);
    expect(encryptMessage({ encodingAesKey: previous, ...opened, random })).toBe(rotation.encrypt);
  });
});

describe('any message', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(text, text, (message, receiveId) => {
        const encrypt = encryptMessage({ encodingAesKey: keyA, message, receiveId });
        expect(decryptMessage({ encodingAesKey: keyA, encrypt })).toEqual({ message, receiveId });
      }),
    );
  });

  it('comes back for every size of padding', () => {
    for (let size = 0; size <= 64; size++) {
      const plain = { message: 'm'.repeat(size), receiveId: '' };
      const encrypt = encryptMessage({ encodingAesKey: keyA, ...plain });
      expect(decryptMessage({ encodingAesKey: keyA, encrypt })).toEqual(plain);
    }
  });

  it('never throws, and no longer fits its signature, when a byte was changed', () => {
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

  it('survives any text in place of a ciphertext', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (encrypt) => {
        expect(() => decryptMessage({ encodingAesKey: keyA, encrypt })).not.toThrow();
      }),
    );
  });
});

describe('a well-encrypted message with a broken inside opens to nothing', () => {
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
  ])('%s', (_name, padded) => {
    const key = Buffer.from(`${keyA}=`, 'base64');
    const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
    const encrypt = Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
    expect(decryptMessage({ encodingAesKey: keyA, encrypt })).toBe(undefined);
  });
});
