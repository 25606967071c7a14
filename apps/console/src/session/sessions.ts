import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { parseUsers, type StoredUser } from '@wxa/policy';
import { type Logger, WatchedFiles } from '@wxa/service';
import { type ConsoleSettings, LOGGER, SETTINGS } from '../config.js';
import { type Session, SessionCookies } from './session.js';

const REREAD_MS = 1_000;

/** Who is logged in, by the session cookie and the users file. */
@Injectable()
export class Sessions {
  readonly #cookies: SessionCookies;
  readonly #users: WatchedFiles<ReadonlyMap<string, StoredUser>> | undefined;

  constructor(@Inject(SETTINGS) settings: ConsoleSettings, @Inject(LOGGER) logger: Logger) {
    this.#cookies = new SessionCookies(settings.CONSOLE_SECRET, settings.CONSOLE_SECRET_PREVIOUS);
    const { CONSOLE_USERS_FILE: file } = settings;
    if (file !== undefined)
      this.#users = new WatchedFiles({
        paths: { users: file },
        intervalMs: REREAD_MS,
        parse: ({ users }) => parseUsers(users),
        onError: ({ message }) => logger.error({ error: message }, 'users file invalid'),
      });
  }

  user(name: string): StoredUser | undefined {
    return this.#users?.value.get(name);
  }

  /** The sealed session of a user who has proven to be one. */
  begin(user: StoredUser): Promise<string> {
    const { name, role } = user;
    const formToken = randomBytes(16).toString('base64url');
    return this.#cookies.seal({ name, role, fingerprint: fingerprint(user), formToken });
  }

  /** Undefined if the cookie is not valid, or if the user's entry was changed or removed since. */
  async open(sealed: string): Promise<Session | undefined> {
    const session = await this.#cookies.open(sealed);
    if (session === undefined) return undefined;
    const user = this.user(session.name);
    return user !== undefined && fingerprint(user) === session.fingerprint ? session : undefined;
  }

  stop(): void {
    this.#users?.stop();
  }
}

/** Changes whenever anything of the user does, so that sessions begun before the change end. */
function fingerprint({ name, role, hash }: StoredUser): string {
  return createHash('sha256')
    .update(JSON.stringify([name, role, hash]))
    .digest('base64url');
}
