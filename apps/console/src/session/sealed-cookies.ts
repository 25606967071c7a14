import { EncryptJWT, jwtDecrypt } from 'jose';
import type { z } from 'zod';

/** What a cookie is for; one of another purpose is not accepted in its place. */
type Purpose = 'session' | 'single-sign-on';

const METHOD = { alg: 'dir', enc: 'A256GCM' } as const;

/** Encrypts the content of cookies (JWE), so that any console with the same key can serve any request. */
export class SealedCookies {
  /** @param previous the key before, while it is rotated. */
  constructor(
    private readonly key: Uint8Array,
    private readonly previous?: Uint8Array | undefined,
  ) {}

  seal(purpose: Purpose, content: object, seconds: number): Promise<string> {
    return new EncryptJWT({ ...content })
      .setProtectedHeader(METHOD)
      .setAudience(purpose)
      .setExpirationTime(`${seconds}s`)
      .encrypt(this.key);
  }

  /** Undefined if the cookie is expired, altered, of another key or of another purpose. */
  async open<S extends z.ZodType>(
    purpose: Purpose,
    shape: S,
    cookie: string,
  ): Promise<z.infer<S> | undefined> {
    for (const key of [this.key, ...(this.previous ? [this.previous] : [])]) {
      try {
        const { payload } = await jwtDecrypt(cookie, key, {
          keyManagementAlgorithms: [METHOD.alg],
          contentEncryptionAlgorithms: [METHOD.enc],
          audience: purpose,
          requiredClaims: ['exp'],
        });
        return shape.parse(payload);
      } catch {}
    }
    return undefined;
  }
}
