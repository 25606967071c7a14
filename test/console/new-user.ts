import { readFile, writeFile } from 'node:fs/promises';
import { hashPassword, type Role } from '@wxa/policy';
import { eventually } from '../eventually.js';
import { type World } from '../world.js';
import { ApiUser } from './api-user.js';
import { Visitor } from './visitor.js';

export const PASSWORD = 'a password of a test';

/** Who logs in to the console. */
export interface User {
  name: string;
  password: string;
}

/** Adds a user to the console's file; resolves once the console knows the user. */
export async function addUser(world: World, name: string, role: Role): Promise<User> {
  const hash = await hashPassword(PASSWORD);
  await changeUsers(world, (users) => [...users, { name, role, hash }]);
  const user = { name, password: PASSWORD };
  await eventually(() => Visitor.of(world.stack, user));
  return user;
}

/** Adds a user to the console's file and logs in as that user. */
export async function newUser(world: World, name: string, role: Role): Promise<ApiUser> {
  return ApiUser.in(world.stack, await addUser(world, name, role));
}

/** Removes a user from the console's file. */
export function removeUser(world: World, name: string): Promise<void> {
  return changeUsers(world, (users) => users.filter((user) => user.name !== name));
}

type Users = { name: string; role: Role; hash: string }[];

/** Rewrites the console's file of users. */
export async function changeUsers({ stack }: World, change: (users: Users) => Users): Promise<void> {
  const file = stack.console?.usersFile ?? '';
  const { users } = JSON.parse(await readFile(file, 'utf8')) as { users: Users };
  await writeFile(file, JSON.stringify({ users: change(users) }));
}
