import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { isPassword, parseUsers, type Role, type StoredUser } from '@wxa/policy';
import { type Logger, WatchedFiles } from '@wxa/service';
import { type ConsoleSettings, LOGGER, SETTINGS } from '../config.js';
import { SealedCookies } from './sealed-cookies.js';
import { SESSION_SECONDS, type Session, session } from './session.js';
import { userChanges } from './user-changes.js';

/** How often the users file is read while nobody visits, so that errors in it are logged. */
const REREAD_MS = 10_000;

/** Who is logged in, by the session cookie and the users file. */
@Injectable()
export class Sessions {
  readonly #users: WatchedFiles<ReadonlyMap<string, StoredUser>> | undefined;
  /** Of all sessions by OIDC: they end if the console gets another issuer, client or claim of the name. */
  readonly #ofOidc: string | undefined;

  constructor(
    @Inject(SealedCookies) private readonly cookies: SealedCookies,
    @Inject(SETTINGS) settings: ConsoleSettings,
    @Inject(LOGGER) logger: Logger,
  ) {
    const { CONSOLE_USERS_FILE: file, OIDC_ISSUER: issuer, OIDC_CLIENT_ID: client } = settings;
    const { OIDC_NAME_CLAIM: name = 'sub' } = settings;
    this.#ofOidc = issuer === undefined ? undefined : fingerprint(['oidc', issuer, client, name]);
    if (file !== undefined)
      this.#users = new WatchedFiles({
        paths: { users: file },
        intervalMs: REREAD_MS,
        parse: ({ users }) => parseUsers(users),
        onChange: (users) => {
          for (const change of userChanges(before, users))
            logger.info({ audit: true, ...change }, 'user changed');
          before = users;
        },
        onError: ({ message }) => logger.error({ error: message }, 'users file invalid'),
      });
    let before = this.#users?.value ?? new Map();
  }

  /** The sealed session of a user of the users file; undefined if the name or the password is wrong, after the same time. */
  async logIn(name: string, password: string): Promise<string | undefined> {
    const user = this.#users?.latest.get(name);
    const isRight = await isPassword(password, user?.hash);
    return user !== undefined && isRight ? this.#begin(user, ofUser(user)) : undefined;
  }

  /** The sealed session of a user whom the OIDC issuer has identified. */
  beginByOidc(user: { name: string; role: Role }): Promise<string> {
    return this.#begin(user, this.#ofOidc ?? '');
  }

  /** Undefined if the cookie is not valid, or if the user's entry was changed or removed since. */
  async open(sealed: string): Promise<Session | undefined> {
    const opened = await this.cookies.open('session', session, sealed);
    if (opened === undefined) return undefined;
    const user = this.#users?.latest.get(opened.name);
    const valid = [user && ofUser(user), this.#ofOidc];
    return valid.includes(opened.fingerprint) ? opened : undefined;
  }

  stop(): void {
    this.#users?.stop();
  }

  #begin({ name, role }: { name: string; role: Role }, fingerprint: string): Promise<string> {
    const formToken = randomBytes(16).toString('base64url');
    return this.cookies.seal('session', { name, role, fingerprint, formToken }, SESSION_SECONDS);
  }
}

/** Changes whenever anything of the user does, so that sessions begun before the change end. */
function ofUser({ name, role, hash }: StoredUser): string {
  return fingerprint([name, role, hash]);
}

function fingerprint(parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
