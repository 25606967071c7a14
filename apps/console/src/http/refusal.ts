import { status as Code } from '@grpc/grpc-js';

/** Thrown for what the console itself refuses. */
export class Refusal extends Error {
  /**
   * @param code as that of an RPC, which decides the HTTP status.
   * @param reason LOGIN_REQUIRED, LOGIN_REFUSED, TOO_MANY_LOGINS, ROLE, ANOTHER_NAME, ORIGIN, FORM_TOKEN, INVALID_JSON; or empty.
   */
  constructor(
    readonly code: keyof typeof Code,
    readonly reason = '',
    message = '',
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}
