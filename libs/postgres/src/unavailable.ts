/** SQLSTATE classes and codes of an unavailable server: connections, access, resources, shutdown, startup, time limits. */
const SQLSTATES = /^(08|28|3D|42501|53|57P0|57014|25006|25P03)/;

/** SQLSTATE classes that the values of a statement cause: data exceptions, violated constraints, exceeded limits. */
const DATA_SQLSTATES = /^(22|23|54)...$/;

/** Of OpenSSL and of Node's TLS. */
const TLS_ERRORS = /^(ERR_(SSL|TLS)_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

const SOCKET_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENFILE',
]);

/** Messages of driver errors that have no code. */
const SENTENCES =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|server does not support SSL connections|Cannot use a pool after calling end/;

/** The server behind a connection has not passed the history check, so no change may be claimed there. */
export class UnverifiedServerError extends Error {
  constructor() {
    super('the server is not verified: Postgres may have lost time');
    this.name = 'UnverifiedServerError';
  }
}

/** Whether a statement waited too long for a lock. The server is available, and statements about other rows succeed. */
export function isLockTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '55P03';
}

/** Whether an error of the store means that Postgres is unavailable, so that a retry may succeed. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.some(isUnavailable)) return true;
  if (!(error instanceof Error)) return false;
  if (error instanceof UnverifiedServerError) return true;
  const code = codeOf(error);
  if (SQLSTATES.test(code) || SOCKET_ERRORS.has(code) || TLS_ERRORS.test(code)) return true;
  return SENTENCES.test(error.message);
}

/** Why a statement failed. `rejected`: neither an outage nor a time limit. */
export type StoreFailure = 'unavailable' | 'timeout' | 'read_only' | 'rejected';

const TIMEOUTS = /^(57014|55P03|25P03)$/;

export function storeFailureOf(error: unknown): StoreFailure {
  const code = error instanceof Error ? codeOf(error) : '';
  if (code === '25006') return 'read_only';
  if (TIMEOUTS.test(code) || /Query read timeout/.test(String(error))) return 'timeout';
  return isUnavailable(error) ? 'unavailable' : 'rejected';
}

/** Whether the values of a statement are at fault, so that it can never succeed with them. */
export function isDataFault(error: unknown): boolean {
  return error instanceof Error && DATA_SQLSTATES.test(codeOf(error));
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
