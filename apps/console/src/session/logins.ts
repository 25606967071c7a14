import { Inject, Injectable } from '@nestjs/common';
import type { Role } from '@wxa/policy';
import type { Logger } from '@wxa/service';
import { LOGGER } from '../config.js';
import { FairQueue, QueueFull } from './fair-queue.js';
import { LoginAttempts } from './login-attempts.js';
import { networkOf } from './network-of.js';
import { Sessions } from './sessions.js';

/** How a login ended: with a sealed session, or refused; `waitMs`: refused without a check, until so many milliseconds have passed. */
type LoginResult = { session: string } | { waitMs: number };

/** Each check occupies one of the process's four threads for a third of a second; one stays free for files, DNS and compression. */
const CHECKS = { running: 3, runningOfKey: 2, waiting: 1_000 };
const BUSY_MS = 1_000;

/** Logs users of the users file in. */
@Injectable()
export class Logins {
  readonly #attempts = new LoginAttempts();
  readonly #checks = new FairQueue(CHECKS);

  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @param from.address that of the browser, or of a proxy before the console that is not trusted. */
  async logIn(from: { name: string; password: string; address: string }): Promise<LoginResult> {
    const { name, password, address } = from;
    const network = networkOf(address);
    const waitMs = this.#attempts.begin(name, network);
    if (waitMs > 0) return this.#refuse(address, 'too many attempts', waitMs);
    try {
      const session = await this.#checks.run(network, () => this.sessions.logIn(name, password));
      if (session === undefined) return this.#refuse(address, 'wrong name or password', 0);
      this.#attempts.succeeded(name, network);
      this.#loggedIn(name, address);
      return { session };
    } catch (error) {
      if (error instanceof QueueFull) return this.#refuse(address, 'too many logins', BUSY_MS);
      throw error;
    }
  }

  /** The sealed session of a user whom the OIDC issuer has identified. */
  async logInByOidc(name: string, role: Role, address: string): Promise<string> {
    this.#loggedIn(name, address);
    return this.sessions.beginByOidc({ name, role });
  }

  /** Logs why a user could not be identified by OIDC. */
  failed(error: unknown, address: string): void {
    this.#refuse(address, error instanceof Error ? error.message : String(error), 0);
  }

  #loggedIn(user: string, peer: string): void {
    this.logger.info({ audit: true, action: 'console.login', user, peer }, 'logged in');
  }

  /** The name is not logged: people type passwords in its place. */
  #refuse(peer: string, reason: string, waitMs: number): LoginResult {
    this.logger.warn({ audit: true, action: 'console.login_refused', peer, reason }, 'login refused');
    return { waitMs };
  }
}
