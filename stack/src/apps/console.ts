import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { hashPassword } from '@wxa/policy';
import { httpOrigin, reachable } from '../plan/addresses.js';
import type { Plan } from '../plan/plan.js';
import { readOrCreate } from '../processes/folders.js';
import { program } from '../processes/program.js';
import { type App, startApp } from './app.js';
import type { CallerFiles } from './callers.js';

const USER = 'operator';
/** Measured in docs/decisions/live-pages.md. Compose files, Helm chart and `npm run start:console` set the same. */
const MEMORY_FLAGS = '--max-semi-space-size=4 --max-old-space-size=512 --optimize-for-size --no-maglev'.split(
  ' ',
);

/** The operators' console, and its only user. */
export type Console = { app: App; url: string; user: string; password: string; usersFile: string };

/** Starts the console; resolves when it is ready. Its user, password and secret are kept with the stack's data. */
export async function startConsole(plan: Plan, access: CallerFiles | undefined): Promise<Console> {
  const folder = await plan.folder('console');
  const stored = (name: string, bytes: number, encoding: 'base64' | 'base64url') =>
    readOrCreate(join(folder, name), () => randomBytes(bytes).toString(encoding));
  const password = await stored('password', 12, 'base64url');
  await stored('secret', 32, 'base64');
  const usersFile = join(folder, 'users.json');
  await readOrCreate(usersFile, async () =>
    JSON.stringify({ users: [{ name: USER, role: 'operator', hash: await hashPassword(password) }] }),
  );
  const address = plan.listening.console;
  const url = httpOrigin(address);
  const app = await startApp(plan, 'app', {
    name: 'console',
    script: program('console'),
    nodeFlags: MEMORY_FLAGS,
    env: {
      ...plan.env,
      CONSOLE_ADDR: address,
      CONSOLE_PUBLIC_URL: plan.env.CONSOLE_PUBLIC_URL ?? url,
      CONSOLE_USERS_FILE: usersFile,
      CONSOLE_SECRET_FILE: join(folder, 'secret'),
      GATEWAY_ADDR: reachable(plan.listening.gateways[0]?.grpc ?? ''),
      ...(access && {
        GATEWAY_TLS_CA_FILE: access.ca,
        GATEWAY_TLS_CERT_FILE: access.console.cert,
        GATEWAY_TLS_KEY_FILE: access.console.key,
      }),
    },
    readyUrl: `${url}/readyz`,
  });
  plan.parts.throwCollected();
  return { app, url, user: USER, password, usersFile };
}
