import { RpcError, rpcError } from '../errors/rpc-error.js';

/** What a call presented as its credential. */
export type CredentialKind = 'mtls' | 'jwt' | 'api_key' | 'none';

/** Why it was not accepted. */
export type AuthenticationResult = 'missing' | 'unknown' | 'expired' | 'invalid' | 'unavailable';

/** A call without an acceptable credential. It does not tell a client more than it needs to correct its request. */
export class AuthenticationFailed extends Error {
  constructor(
    readonly kind: CredentialKind,
    readonly result: AuthenticationResult,
  ) {
    super(`${kind}: ${result}`);
    this.name = 'AuthenticationFailed';
  }

  /** @param method of the form `Service/Method`. */
  toRpcError(method: string): RpcError {
    switch (this.result) {
      case 'missing':
        return rpcError(
          'CALLER_UNKNOWN',
          'no credential: send a client certificate, or authorization: Bearer with a JWT or an API key',
        );
      case 'expired':
        return rpcError('CREDENTIALS_EXPIRED', `the ${NAMES[this.kind]} has expired`);
      case 'unavailable':
        return rpcError('CREDENTIALS_UNVERIFIABLE', "the issuer's keys are unavailable; retry", { method });
      default:
        return rpcError('CALLER_UNKNOWN', `the ${NAMES[this.kind]} is invalid, or belongs to no caller`);
    }
  }
}

const NAMES: Record<CredentialKind, string> = {
  mtls: 'client certificate',
  jwt: 'JWT',
  api_key: 'API key',
  none: 'credential',
};

/** The error of a call that was rejected. @param method of the form `Service/Method`. */
export function toRpcError(error: unknown, method: string): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof AuthenticationFailed) return error.toRpcError(method);
  return rpcError('INTERNAL', "internal error; see the gateway's log");
}
