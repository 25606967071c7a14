import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The bytes of a SECRETS_KEY, 32 in base64; undefined for any other text. */
export function readSecretsKey(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return /^[\w+/-]{43}=?$/.test(text) && bytes.length === KEY_BYTES ? bytes : undefined;
}

/** Stored secrets are encrypted with a key that this process does not have. */
export class MissingKeyError extends Error {
  constructor(readonly keyIds: string[]) {
    super(
      `SECRETS_KEY: stored secrets are encrypted under key id ${keyIds.join(', ')}, which is neither that of SECRETS_KEY nor that of SECRETS_KEY_PREVIOUS`,
    );
    this.name = 'MissingKeyError';
  }
}

/**
 * Encrypts secrets for Postgres with AES-256-GCM. It encrypts with one key and decrypts with that or the previous one. An
 * encrypted text is `<key id>.<base64 of nonce, ciphertext, tag>`. The place is authenticated with it, so that the secret
 * of one row cannot be copied to another.
 */
export class Secrets {
  /** Id of the encryption key; it reveals nothing about the key. */
  readonly keyId: string;
  readonly #key: KeyObject;
  /** By id. A cipher with a KeyObject takes a quarter of the time of one with bytes. */
  readonly #keys = new Map<string, KeyObject>();

  constructor(key: Buffer, previous?: Buffer) {
    this.#key = createSecretKey(key);
    this.keyId = idOf(key);
    if (previous !== undefined) this.#keys.set(idOf(previous), createSecretKey(previous));
    this.#keys.set(this.keyId, this.#key);
  }

  /** Ids of all keys that can decrypt. */
  get keyIds(): string[] {
    return [...this.#keys.keys()];
  }

  /** Encrypts. @param place the row and column of the secret, needed to decrypt it. */
  seal(place: string, text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(place));
    const body = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${this.keyId}.${body.toString('base64')}`;
  }

  /** Decrypts. Throws MissingKeyError, or another error if the text is of another place or was changed. */
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
