import { hashPassword, ROLES, type StoredUser } from '@wxa/policy';
import { readConfig } from '@wxa/service/settings';
import { z } from 'zod';
import { EXIT, exitWith, UsageError } from '../exit-codes.js';
import { print } from '../output/print.js';
import { table } from '../output/table.js';
import { readPassword } from './read-password.js';
import { changeUsers, readUsers } from './users-file.js';

const settings = z.object({ CONSOLE_USERS_FILE: z.string().optional() });

interface Values {
  file?: string;
  json?: boolean;
}

/** `wxa users list`: lists the users of the console. */
export async function listUsers({ file, json }: Values): Promise<number> {
  const users = [...readUsers(pathOf(file)).values()].map(({ name, role, scope }) => ({ name, role, scope }));
  const rows = users.map(({ name, role, scope = '' }) => [name, role, scope]);
  print(json, { users }, table(['name', 'role', 'scope'], rows));
  return EXIT.ok;
}

/** `wxa users add`: adds one. */
export async function add(name: string, values: Values & { role: string; scope?: string }): Promise<number> {
  const role = ROLES.find((one) => one === values.role);
  if (role === undefined) throw new UsageError(`--role must be ${ROLES.join(' or ')}`);
  const file = pathOf(values.file);
  const mayBeMissing = true;
  if (readUsers(file, { mayBeMissing }).has(name)) throw exists(name);
  const { scope } = values;
  const user = { name, role, ...(scope && { scope }), hash: await hashPassword(await readPassword(name)) };
  const isAdded = await changeUsers(
    file,
    (users) => (users.has(name) ? undefined : [...users.values(), user]),
    { mayBeMissing },
  );
  if (!isAdded) throw exists(name);
  print(values.json, { name, role }, `user ${name} added as ${role}`);
  return EXIT.ok;
}

/** `wxa users remove`: removes one. */
export async function remove(name: string, values: Values): Promise<number> {
  await changeUser(pathOf(values.file), name, () => []);
  print(values.json, { name }, `user ${name} removed; the session ends with its next request`);
  return EXIT.ok;
}

/** `wxa users passwd`: changes a password. */
export async function changePassword(name: string, values: Values): Promise<number> {
  const file = pathOf(values.file);
  if (!readUsers(file).has(name)) unknown(name);
  const hash = await hashPassword(await readPassword(name));
  await changeUser(file, name, (user) => [{ ...user, hash }]);
  print(values.json, { name }, `password of ${name} changed; open sessions end with their next request`);
  return EXIT.ok;
}

function pathOf(given: string | undefined): string {
  const file = given ?? readConfig(settings, process.env).CONSOLE_USERS_FILE;
  if (file === undefined) throw new UsageError('--file is missing, and CONSOLE_USERS_FILE is not set');
  return file;
}

/** Replaces one user of a file by those that `change` returns. */
async function changeUser(
  file: string,
  name: string,
  change: (user: StoredUser) => StoredUser[],
): Promise<void> {
  const isKnown = await changeUsers(file, (users) =>
    users.has(name)
      ? [...users.values()].flatMap((one) => (one.name === name ? change(one) : one))
      : undefined,
  );
  if (!isKnown) unknown(name);
}

function exists(name: string): UsageError {
  return new UsageError(`user ${name} exists; wxa users passwd changes the password`);
}

function unknown(name: string): never {
  exitWith(`there is no user ${name}`, EXIT.notFound);
}
