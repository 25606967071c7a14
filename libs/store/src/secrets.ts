import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The bytes of a SECRETS_KEY, 32 in base64; undefined for any other text. */
export function readSecretsKey(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return /^[\w+/-]{43}=?$/.test(text) && bytes.length === KEY_BYTES ? bytes : undefined;
}

/** Stored secrets are under a key that this process was not given. */
export class MissingKeyError extends Error {
  constructor(readonly keyIds: string[]) {
    super(
      `SECRETS_KEY: stored secrets are encrypted under key id ${keyIds.join(', ')}, which is neither that of SECRETS_KEY nor that of SECRETS_KEY_PREVIOUS`,
    );
    this.name = 'MissingKeyError';
  }
}

/**
 * Encrypts what must not lie in Postgres as it is: AES-256-GCM under one key, read under that or the previous one.
 * A sealed text is `<key id>.<base64 of nonce, ciphertext, tag>` and opens only at the place it was sealed for, so
 * that one row's secret can't be put into another.
 */
export class Secrets {
  /** Of the key that seals; tells nothing of the key. */
  readonly keyId: string;
  readonly #key: Buffer;
  readonly #keys = new Map<string, Buffer>();

  constructor(key: Buffer, previous?: Buffer) {
    this.#key = key;
    this.keyId = idOf(key);
    for (const one of [previous, key]) if (one !== undefined) this.#keys.set(idOf(one), one);
  }

  /** Of every key that opens. */
  get keyIds(): string[] {
    return [...this.#keys.keys()];
  }

  /** @param place what the secret belongs to; needed to open it. */
  seal(place: string, text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(place));
    const body = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${this.keyId}.${body.toString('base64')}`;
  }

  /** Throws MissingKeyError, or another error where the text was sealed for another place or was changed. */
  open(place: string, sealed: string): string {
    const [keyId = '', body = ''] = sealed.split('.');
    const key = this.#keys.get(keyId);
    if (key === undefined) throw new MissingKeyError([keyId]);
    const bytes = Buffer.from(body, 'base64');
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(place))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    return (
      decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    );
  }
}

function idOf(key: Buffer): string {
  return createHash('sha256').update('wxa-code secrets key').update(key).digest('hex').slice(0, 8);
}
