import { FairSemaphore, type Logger } from '@wxa/service';
import { Refusal } from '../http/refusal.js';
import { LoginAttempts, networkOf } from './login-attempts.js';
import type { Grant } from './scopes.js';
import type { Sessions } from './sessions.js';

/** Each check occupies one of the process's four threads for a third of a second; one stays free for files, DNS and compression. */
const CHECKS = { atOnce: 3, ofNetwork: 2, waiting: 1_000 };
const BUSY_MS = 1_000;

/** Logs users in and out, with a line of the log for each. */
export class Logins {
  readonly #attempts = new LoginAttempts();
  readonly #checks = new FairSemaphore(CHECKS.atOnce, CHECKS.ofNetwork);

  constructor(
    private readonly sessions: Pick<Sessions, 'logIn' | 'beginByOidc'>,
    private readonly logger: Logger,
  ) {}

  /**
   * The sealed session of a user of the users file. Refuses with LOGIN_REFUSED, or with TOO_MANY_LOGINS before the password is checked.
   * @param from.address that of the browser, or of a proxy before the console that is not trusted.
   */
  async logIn(from: { name: string; password: string; address: string }): Promise<string> {
    const { name, password, address } = from;
    const network = networkOf(address);
    const waitMs = this.#attempts.begin(name, network);
    if (waitMs > 0) throw this.#tooMany(address, 'too many attempts', waitMs);
    if (this.#checks.waiting >= CHECKS.waiting) throw this.#tooMany(address, 'too many logins', BUSY_MS);
    const session = await this.#checks.run(() => this.sessions.logIn(name, password), network);
    if (session === undefined) {
      this.#refused(address, 'wrong name or password');
      throw new Refusal('UNAUTHENTICATED', 'LOGIN_REFUSED');
    }
    this.#attempts.succeeded(name, network);
    this.#loggedIn(name, address);
    return session;
  }

  /** The sealed session of a user whom the OIDC issuer has identified. */
  async logInByOidc(user: Grant & { name: string }, address: string): Promise<string> {
    this.#loggedIn(user.name, address);
    return this.sessions.beginByOidc(user);
  }

  /** Logs why a user could not be identified by OIDC. */
  failed(error: unknown, address: string): void {
    this.#refused(address, error instanceof Error ? error.message : String(error));
  }

  loggedOut(user: string, peer: string): void {
    this.logger.info({ audit: true, action: 'console.logout', user, peer }, 'logged out');
  }

  #loggedIn(user: string, peer: string): void {
    this.logger.info({ audit: true, action: 'console.login', user, peer }, 'logged in');
  }

  #tooMany(peer: string, reason: string, waitMs: number): Refusal {
    this.#refused(peer, reason);
    return new Refusal('RESOURCE_EXHAUSTED', 'TOO_MANY_LOGINS', '', waitMs);
  }

  /** The name is not logged: people type passwords in its place. */
  #refused(peer: string, reason: string): void {
    this.logger.warn({ audit: true, action: 'console.login_refused', peer, reason }, 'login refused');
  }
}
