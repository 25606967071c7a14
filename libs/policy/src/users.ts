import { z } from 'zod';
import { MUST_BE_NAME, NAME } from './policy-shape.js';

/** What a user may do: a viewer sees all pages, an operator may also act. */
export const ROLES = ['viewer', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** A user of the users file. */
export interface StoredUser {
  name: string;
  role: Role;
  /** Whose rights the gateway gives the user: a scope of CONSOLE_SCOPES_FILE; of the console itself unless given. */
  scope?: string | undefined;
  /** As `wxa users` writes it: `scrypt$N$r$p$salt$hash`, salt and hash in base64url. */
  hash: string;
}

const LEAST_N = 2 ** 15;
const FOREIGN = 'must be written by wxa users';

const users = z.object({
  users: z.array(
    z.strictObject({
      name: z
        .string()
        .regex(/^\S.{0,62}\S$|^\S$/, 'must be 1 to 64 characters, without spaces at its ends')
        // Brackets enclose the account of a user of single sign-on.
        .regex(/^[^<>]*$/, 'must not contain < or >'),
      role: z.enum(ROLES, 'must be viewer or operator'),
      scope: z.string().regex(NAME, MUST_BE_NAME).optional(),
      // A truncated hash would be that of more passwords, an empty one that of all.
      hash: z
        .string()
        .regex(/^scrypt\$\d+\$\d+\$\d+\$[\w-]{22}\$[\w-]{43}$/, FOREIGN)
        .refine((hash) => Number(hash.split('$')[1]) >= LEAST_N, FOREIGN),
    }),
  ),
});

/** The text of a users file. Throws as `parseUsers` does if a user is invalid. */
export function formatUsers(all: Iterable<StoredUser>): string {
  const text = `${JSON.stringify({ users: [...all] }, undefined, 2)}\n`;
  parseUsers(text);
  return text;
}

/** The users of a users file by name. Throws if the text is not one; the error names the place. */
export function parseUsers(text: string): ReadonlyMap<string, StoredUser> {
  const { users: all } = parseFile(users, text);
  const byName = new Map(all.map((user) => [user.name, user]));
  if (byName.size < all.length) throw new Error('two users have one name');
  return byName;
}

/** The content of a JSON file. Throws if it has another shape; the error names the place, never the content. */
export function parseFile<S extends z.ZodType>(shape: S, text: string): z.infer<S> {
  const parsed = shape.safeParse(parseJson(text));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}

/** The error of JSON.parse quotes the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('must be JSON');
  }
}
