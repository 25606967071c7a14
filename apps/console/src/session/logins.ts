import { Inject, Injectable } from '@nestjs/common';
import type { Role } from '@wxa/policy';
import type { Logger } from '@wxa/service';
import { LOGGER } from '../config.js';
import { LoginAttempts } from './login-attempts.js';
import { Sessions } from './sessions.js';

/** How a login ended: with a sealed session, or refused; `waitMs`: refused without a check, until so many milliseconds have passed. */
type LoginResult = { session: string } | { waitMs: number };

/** Each occupies a thread of the process for a quarter of a second. */
const MAX_CHECKS = 20;
const BUSY_MS = 1_000;

/** Logs users of the users file in. */
@Injectable()
export class Logins {
  readonly #attempts = new LoginAttempts();
  #checks = 0;

  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @param from.address that of the browser, or of the proxy before the console. */
  async logIn(from: { name: string; password: string; address: string }): Promise<LoginResult> {
    const { name, password, address } = from;
    if (this.#checks >= MAX_CHECKS) return this.#refuse(address, 'too many logins', BUSY_MS);
    const waitMs = this.#attempts.begin(name, address);
    if (waitMs > 0) return this.#refuse(address, 'too many attempts', waitMs);
    this.#checks += 1;
    const session = await this.sessions.logIn(name, password).finally(() => {
      this.#checks -= 1;
    });
    if (session === undefined) return this.#refuse(address, 'wrong name or password', 0);
    this.#attempts.succeeded(name, address);
    this.logger.info({ user: name, peer: address }, 'logged in');
    return { session };
  }

  /** The sealed session of a user whom the OIDC issuer has identified. */
  async logInByOidc(name: string, role: Role): Promise<string> {
    this.logger.info({ user: name }, 'logged in');
    return this.sessions.beginByOidc({ name, role });
  }

  /** Logs why a user could not be identified by OIDC. */
  failed(error: unknown): void {
    this.logger.warn({ reason: error instanceof Error ? error.message : String(error) }, 'login refused');
  }

  /** The name is not logged: people type passwords in its place. */
  #refuse(peer: string, reason: string, waitMs: number): LoginResult {
    this.logger.warn({ peer, reason }, 'login refused');
    return { waitMs };
  }
}
