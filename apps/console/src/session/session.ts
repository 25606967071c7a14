import { ROLES, type Role } from '@wxa/policy';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { z } from 'zod';

/** How long a session lasts, in seconds: a working day. */
export const SESSION_SECONDS = 8 * 3600;

/** Who is logged in; all of it is in the cookie, so that any console can serve any request. */
export interface Session {
  name: string;
  role: Role;
  /** Of the user's entry in the users file, or of the OIDC issuer. */
  fingerprint: string;
  /** Each form of the session contains it. */
  formToken: string;
}

const claims = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  fingerprint: z.string(),
  formToken: z.string(),
});

/** Encrypts sessions for their cookie, and decrypts them. */
export class SessionCookies {
  /** @param previous the key before, while it is rotated. */
  constructor(
    private readonly key: Uint8Array,
    private readonly previous?: Uint8Array | undefined,
  ) {}

  seal(session: Session): Promise<string> {
    return new EncryptJWT({ ...session })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setIssuedAt()
      .setExpirationTime(`${SESSION_SECONDS}s`)
      .encrypt(this.key);
  }

  /** Undefined if the cookie is expired, altered or of another key. */
  async open(cookie: string): Promise<Session | undefined> {
    for (const key of [this.key, ...(this.previous ? [this.previous] : [])]) {
      try {
        const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
        const { payload } = await jwtDecrypt(cookie, key, options);
        return claims.parse(payload);
      } catch {}
    }
    return undefined;
  }
}
