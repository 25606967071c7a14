import { createHash, randomBytes } from 'node:crypto';
import { isPassword, parseUsers, type StoredUser } from '@wxa/policy';
import { type Logger, WatchedFiles } from '@wxa/service';
import type { ConsoleSettings } from '../config.js';
import type { Grant, Scopes } from './scopes.js';
import type { SealedCookies } from './sealed-cookies.js';
import { SESSION_SECONDS, type Session, session } from './session.js';
import { userChanges } from './user-changes.js';

/** How often the users file is read while nobody visits, so that errors in it are logged. */
const REREAD_MS = 10_000;

/** How often the cookie gets a new time at most. */
const RENEW_S = 60;

/** Who is logged in, by the session cookie and the users file. */
export class Sessions {
  readonly #users: WatchedFiles<ReadonlyMap<string, StoredUser>> | undefined;
  /** Of all sessions by OIDC: they end if the console gets another issuer, client or claim of the name. */
  readonly #ofOidc: string | undefined;
  readonly #idleS: number;

  constructor(
    private readonly cookies: SealedCookies,
    settings: ConsoleSettings,
    private readonly logger: Logger,
    private readonly scopes: Scopes,
  ) {
    const { CONSOLE_USERS_FILE: file, OIDC_ISSUER: issuer, OIDC_CLIENT_ID: client } = settings;
    const { OIDC_NAME_CLAIM: name = 'sub' } = settings;
    const parts = ['oidc', issuer, client, name, scopes.groups];
    this.#ofOidc = issuer === undefined ? undefined : fingerprint(parts);
    this.#idleS = settings.CONSOLE_IDLE_MINUTES * 60;
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

  /** The users of the users file; none without one. */
  get users(): StoredUser[] {
    return [...(this.#users?.latest.values() ?? [])];
  }

  /** The sealed session of a user of the users file; undefined if the name or the password is wrong, after the same time. */
  async logIn(name: string, password: string): Promise<string | undefined> {
    const user = this.#users?.latest.get(name);
    const isRight = await isPassword(password, user?.hash);
    return user !== undefined && isRight && this.#isKnown(user) ? this.#begin(user, ofUser(user)) : undefined;
  }

  /** The sealed session of a user whom the OIDC issuer has identified. */
  beginByOidc(user: Grant & { name: string }): Promise<string> {
    return this.#begin(user, this.#ofOidc ?? '');
  }

  /** Undefined if the cookie is not valid, if its user did nothing for too long, or if the user's entry was changed or removed since. */
  async open(sealed: string | undefined): Promise<Session | undefined> {
    if (sealed === undefined) return undefined;
    const opened = await this.cookies.open('session', session, sealed);
    if (opened === undefined || !this.#isKnown(opened)) return undefined;
    if (nowS() - opened.activeAt > this.#idleS) return undefined;
    const user = this.#users?.latest.get(opened.name);
    const valid = [user && ofUser(user), this.#ofOidc];
    return valid.includes(opened.fingerprint) ? opened : undefined;
  }

  /** The sealed session of a user who has just done something; undefined while that of the cookie is new enough. */
  async renewed(given: Session): Promise<{ sealed: string; seconds: number } | undefined> {
    const now = nowS();
    if (now - given.activeAt < RENEW_S) return undefined;
    const seconds = given.exp - now;
    return { sealed: await this.cookies.seal('session', { ...given, activeAt: now }, seconds), seconds };
  }

  stop(): void {
    this.#users?.stop();
  }

  /** A user of a scope that is not in the file gets no rights at all, least of all those of the console. */
  #isKnown({ name, scope }: { name: string; scope?: string | undefined }): boolean {
    const isKnown = scope === undefined || Object.hasOwn(this.scopes.scopes, scope);
    if (!isKnown) this.logger.error({ error: `user ${name}: unknown scope ${scope}` }, 'users file invalid');
    return isKnown;
  }

  #begin({ name, role, scope }: Grant & { name: string }, fingerprint: string): Promise<string> {
    const formToken = randomBytes(16).toString('base64url');
    const content = { name, role, scope, fingerprint, formToken, activeAt: nowS() };
    return this.cookies.seal('session', content, SESSION_SECONDS);
  }
}

/** Changes whenever anything of the user does, so that sessions begun before the change end. */
function ofUser({ name, role, scope, hash }: StoredUser): string {
  return fingerprint([name, role, scope, hash]);
}

function nowS(): number {
  return Math.floor(Date.now() / 1_000);
}

function fingerprint(parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
