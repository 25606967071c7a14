import { readFile, writeFile } from 'node:fs/promises';
import { hashPassword, type Role } from '@wxa/policy';
import { eventually, type World } from '../world.js';
import { Visitor } from './visitor.js';

/** Adds a user to the console's file and logs in as that user. */
export async function newUser({ stack }: World, name: string, role: Role): Promise<Visitor> {
  const file = stack.console?.usersFile ?? '';
  const { users } = JSON.parse(await readFile(file, 'utf8')) as { users: object[] };
  const password = 'a password of a test';
  users.push({ name, role, hash: await hashPassword(password) });
  await writeFile(file, JSON.stringify({ users }));
  let visitor: Visitor | undefined;
  await eventually(async () => {
    visitor = await Visitor.of(stack, { name, password }).catch(() => undefined);
    return visitor !== undefined;
  });
  return visitor as Visitor;
}
