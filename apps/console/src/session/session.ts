import { ROLES } from '@wxa/policy';
import { z } from 'zod';

/** How long a session lasts, in seconds: a working day. */
export const SESSION_SECONDS = 8 * 3600;

export const session = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  /** Whose rights the gateway gives the user; those of the console unless given. */
  scope: z.string().optional(),
  /** Of the user's entry in the users file, or of the OIDC client. */
  fingerprint: z.string(),
  /** Each form of the session contains it. */
  formToken: z.string(),
  /** When the user last did something, and when the session ends in any case; in seconds since 1970. */
  activeAt: z.number(),
  exp: z.number(),
});

/** Who is logged in; all of it is in the cookie. */
export type Session = z.infer<typeof session>;
