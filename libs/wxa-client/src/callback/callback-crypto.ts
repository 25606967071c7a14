import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/**
 * The envelope of WeChat's callbacks in secure mode: AES-256-CBC under the EncodingAESKey, the first 16
 * bytes of the key as IV, and inside
 * `16 random bytes | 4-byte big-endian length | message (UTF-8) | receiver id`, padded to blocks of 32.
 * Source: WeChat open platform, "消息加解密说明".
 */

const RANDOM_BYTES = 16;
const LENGTH_BYTES = 4;
const HEAD_BYTES = RANDOM_BYTES + LENGTH_BYTES;
/** Twice the AES block size, so Node's own padding (at most 16 bytes) can neither add nor remove it. */
const PAD_BLOCK = 32;

/** The `msg_signature` of an encrypted message: lower-case hex SHA-1 over the four texts in byte order. */
export function sign(token: string, timestamp: string, nonce: string, encrypt: string): string {
  const parts = [token, timestamp, nonce, encrypt].map((part) => Buffer.from(part)).sort(Buffer.compare);
  return hash('sha1', Buffer.concat(parts));
}

export interface SignedEnvelope {
  /** The callback token agreed with WeChat. */
  token: string;
  timestamp: string;
  nonce: string;
  encrypt: string;
  /** The received `msg_signature`. */
  signature: string;
}

/** Whether the signature is correct, in constant time. Check it before decrypting. */
export function verifySignature({ token, timestamp, nonce, encrypt, signature }: SignedEnvelope): boolean {
  const expected = Buffer.from(sign(token, timestamp, nonce, encrypt));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/**
 * True for 43 base64 characters, the form that WeChat issues. The last one may have unused bits, as in keys in use
 * (Tencent's own sample ends in `…B2C`).
 */
export function isEncodingAesKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{43}$/.test(text);
}

export interface PlainMessage {
  message: string;
  /** The receiver is the component appid, or the appid itself. The caller compares it. */
  receiveId: string;
}

/** Encrypts as WeChat does; returns base64. `random` (16 bytes) is for tests. Throws if the key is malformed. */
export function encryptMessage(
  plain: PlainMessage & { encodingAesKey: string; random?: Uint8Array },
): string {
  const { encodingAesKey, message, receiveId, random = randomBytes(RANDOM_BYTES) } = plain;
  if (!isEncodingAesKey(encodingAesKey)) throw new TypeError('EncodingAESKey must be 43 base64 characters');
  if (random.length !== RANDOM_BYTES) throw new RangeError(`random must be ${RANDOM_BYTES} bytes`);
  const body = Buffer.from(message);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(body.length);
  const { key, iv } = keyOf(encodingAesKey);
  const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  const padded = pad(Buffer.concat([random, length, body, Buffer.from(receiveId)]));
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
}

/**
 * Decrypts a message. Returns undefined for every defect: key, base64, block length, padding, length field or UTF-8, so that
 * a sender learns nothing from the result. Never throws.
 */
export function decryptMessage(sealed: {
  encodingAesKey: string;
  encrypt: string;
}): PlainMessage | undefined {
  if (!isEncodingAesKey(sealed.encodingAesKey)) return undefined;
  const bytes = Buffer.from(sealed.encrypt, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== sealed.encrypt) return undefined;
  try {
    const { key, iv } = keyOf(sealed.encodingAesKey);
    const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
    return openPlain(unpad(Buffer.concat([decipher.update(bytes), decipher.final()])));
  } catch {
    return undefined;
  }
}

function openPlain(plain: Buffer | undefined): PlainMessage | undefined {
  if (!plain || plain.length < HEAD_BYTES) return undefined;
  const end = HEAD_BYTES + plain.readUInt32BE(RANDOM_BYTES);
  if (end > plain.length) return undefined;
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return {
    message: utf8.decode(plain.subarray(HEAD_BYTES, end)),
    receiveId: utf8.decode(plain.subarray(end)),
  };
}

/** A platform has one key, or two while it is rotated. A cipher with a KeyObject takes a quarter of the time of one with bytes. */
const keys = new Map<string, { key: KeyObject; iv: Buffer }>();

function keyOf(encodingAesKey: string): { key: KeyObject; iv: Buffer } {
  const known = keys.get(encodingAesKey);
  if (known !== undefined) return known;
  const bytes = Buffer.from(`${encodingAesKey}=`, 'base64');
  const made = { key: createSecretKey(bytes), iv: bytes.subarray(0, 16) };
  keys.set(encodingAesKey, made);
  return made;
}

function pad(plain: Buffer): Buffer {
  const size = PAD_BLOCK - (plain.length % PAD_BLOCK);
  return Buffer.concat([plain, Buffer.alloc(size, size)]);
}

function unpad(padded: Buffer): Buffer | undefined {
  const size = padded.at(-1) ?? 0;
  if (size < 1 || size > PAD_BLOCK || size > padded.length) return undefined;
  const body = padded.subarray(0, padded.length - size);
  return padded.subarray(body.length).every((byte) => byte === size) ? body : undefined;
}
