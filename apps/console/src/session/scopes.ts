import { readFileSync } from 'node:fs';
import { parseFile, ROLES, type Role } from '@wxa/policy';
import { z } from 'zod';

const shape = z
  .strictObject({
    scopes: z.record(z.string(), z.strictObject({ apiKeyFile: z.string().min(1) })),
    groups: z
      .array(z.strictObject({ group: z.string().min(1), role: z.enum(ROLES), scope: z.string().optional() }))
      .default([]),
  })
  .refine(
    ({ scopes, groups }) => groups.every(({ scope }) => scope === undefined || Object.hasOwn(scopes, scope)),
    'each scope of groups must be one of scopes',
  );

/** What a user may do, and with whose rights at the gateway; the console's own unless there is a scope. */
export interface Grant {
  role: Role;
  scope?: string | undefined;
}

/** Sets of mini-programs for people: each is a caller of the gateway's policy with an API key of its own, so that the gateway enforces it. */
export type Scopes = z.infer<typeof shape>;

/** The content of CONSOLE_SCOPES_FILE; without a file there are none. Throws if it is invalid. */
export function readScopes(file: string | undefined): Scopes {
  if (file === undefined) return { scopes: {}, groups: [] };
  return parseFile(shape, readFileSync(file, 'utf8'));
}

/**
 * What the claim of an ID token grants: a text or a list of them. Of the groups of the file the first that is in it counts; without groups it is
 * the role itself, of several the more powerful one. Undefined: nothing.
 */
export function grantOf({ groups }: Pick<Scopes, 'groups'>, claim: unknown): Grant | undefined {
  const given: unknown[] = Array.isArray(claim) ? claim : [claim];
  if (groups.length > 0) return groups.find(({ group }) => given.includes(group));
  const role = ROLES.findLast((one) => given.includes(one));
  return role && { role };
}
