import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatUsers, hashPassword } from '@wxa/policy';
import { App, freePort } from '@wxa/stack';
import { mainOf } from '../programs.js';

/** The user of its file. */
export const USER = { name: 'zhang', password: 'correct horse battery' };
export const SECRET = randomBytes(32);

/** A console that is a process of its own, with a folder for its files. */
export class ConsoleProcess {
  #app: App | undefined;
  /** What is started. */
  main = mainOf('console');

  private constructor(
    readonly folder: string,
    readonly origin: string,
    readonly env: Record<string, string>,
  ) {}

  /** Not yet started; unless `env` says otherwise, its gateway does not run. */
  static async new(env: Record<string, string> = {}): Promise<ConsoleProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'wxa-console-'));
    const usersFile = join(folder, 'users.json');
    const hash = await hashPassword(USER.password);
    await writeFile(usersFile, formatUsers([{ name: USER.name, role: 'operator', hash }]));
    const address = `127.0.0.1:${await freePort()}`;
    return new ConsoleProcess(folder, `http://${address}`, {
      CONSOLE_ADDR: address,
      CONSOLE_SECRET: SECRET.toString('base64'),
      CONSOLE_USERS_FILE: usersFile,
      GATEWAY_ADDR: `127.0.0.1:${await freePort()}`,
      ...env,
    });
  }

  async start(more: Record<string, string> = {}): Promise<void> {
    await this.#app?.stop();
    const logFile = join(this.folder, 'console.log');
    const env = Object.fromEntries(Object.entries({ ...this.env, ...more }).filter(([, value]) => value));
    const readyUrl = `${this.origin}/healthz`;
    this.#app = new App({ name: 'console', script: this.main, env, logFile, readyUrl });
    await this.#app.start();
    await this.#app.waitReady();
  }

  async remove(): Promise<void> {
    await this.#app?.stop();
    await rm(this.folder, { recursive: true });
  }
}
