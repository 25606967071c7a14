import { hashPassword, ROLES, type Role, type StoredUser } from '@wxa/policy';
import { readConfig } from '@wxa/service/settings';
import { z } from 'zod';
import { parsedArguments } from '../calls/parsed-arguments.js';
import { EXIT, fail, UsageError } from '../exit-codes.js';
import { print } from '../output/print.js';
import { table } from '../output/table.js';
import { readPassword } from './read-password.js';
import { readUsers, writeUsers } from './users-file.js';

const settings = z.object({ CONSOLE_USERS_FILE: z.string().optional() });
const text = { type: 'string' } as const;
const OPTIONS = { role: text, file: text, json: { type: 'boolean' } } as const;

/** What a command line asks for. */
interface Arguments {
  /** Empty for `list`. */
  name: string;
  role: Role | undefined;
  file: string;
  json: boolean;
}

/** `wxa users`: lists, adds and removes the users of the console, and changes their passwords. */
export async function run([command = '', ...args]: string[]): Promise<number> {
  const given = parsed(command, args);
  if (command === 'list') list(given);
  else if (command === 'add') await add(given);
  else if (command === 'remove') await remove(given);
  else await changePassword(given);
  return EXIT.ok;
}

function parsed(command: string, args: string[]): Arguments {
  const { values, positionals } = parsedArguments(OPTIONS, args, { max: command === 'list' ? 0 : 1 });
  const [name = ''] = positionals;
  if (command !== 'list' && name === '') throw new UsageError('NAME is missing');
  if (command !== 'add' && values.role !== undefined) throw new UsageError(`${command} has no option --role`);
  const role = ROLES.find((one) => one === values.role);
  if (command === 'add' && role === undefined) throw new UsageError(`--role must be ${ROLES.join(' or ')}`);
  const file = values.file ?? readConfig(settings, process.env).CONSOLE_USERS_FILE;
  if (file === undefined) throw new UsageError('--file is missing, and CONSOLE_USERS_FILE is not set');
  return { name, role, file, json: values.json === true };
}

function list({ file, json }: Arguments): void {
  const users = [...readUsers(file).values()].map(({ name, role }) => ({ name, role }));
  const rows = users.map(({ name, role }) => [name, role]);
  print(json, { users }, table(['name', 'role'], rows));
}

async function add({ file, name, role = 'viewer', json }: Arguments): Promise<void> {
  const users = readUsers(file, { mayBeMissing: true });
  if (users.has(name)) throw new UsageError(`user ${name} exists; wxa users passwd changes the password`);
  const user = { name, role, hash: await hashPassword(await readPassword(name)) };
  await writeUsers(file, [...users.values(), user]);
  print(json, { name, role }, `user ${name} added as ${role}`);
}

async function remove({ file, name, json }: Arguments): Promise<void> {
  const users = readUsers(file);
  const user = userIn(users, name);
  await writeUsers(
    file,
    [...users.values()].filter((one) => one !== user),
  );
  print(json, { name }, `user ${name} removed; the session ends with its next request`);
}

async function changePassword({ file, name, json }: Arguments): Promise<void> {
  const users = readUsers(file);
  const user = userIn(users, name);
  const hash = await hashPassword(await readPassword(name));
  await writeUsers(
    file,
    [...users.values()].map((one) => (one === user ? { ...one, hash } : one)),
  );
  print(json, { name }, `password of ${name} changed; open sessions end with their next request`);
}

function userIn(users: ReadonlyMap<string, StoredUser>, name: string): StoredUser {
  return users.get(name) ?? fail(`there is no user ${name}`, EXIT.notFound);
}
