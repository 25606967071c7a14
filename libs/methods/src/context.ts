import type { CallOptions, FileContent, WxaClient } from '@wxa/wxa-client';

/** The dependencies of a call for one mini-program. The worker implements it. */
export interface CallContext {
  client: WxaClient;
  /** Options of every call: the token, the timeout, the latest time to send it, and who is notified of its result. */
  options: CallOptions & { token: string; timeoutMs: number; readonly notAfter: number };
  /** The attachment of this operation; undefined if there is none. */
  attachment(): Promise<FileContent | undefined>;
  /** The version of an audit that this service submitted; empty if it is unknown. */
  versionOfAudit(auditId: bigint): Promise<string>;
  /** The version that this service committed last before this operation; empty if there is none. */
  committedVersion(): Promise<string>;
  /** Where imported authorizations are stored; undefined if access tokens have another source. */
  authorizers: AuthorizerImports | undefined;
  /** An earlier attempt may have been sent. */
  isRetry: boolean;
}

/** Imports of mini-programs by their refresh tokens. */
export interface AuthorizerImports {
  /** Decrypts the refresh token of an import; undefined if its key is no longer configured. */
  openRefreshToken(appid: string, encrypted: Buffer): string | undefined;
  /** Whether an import of this token has been stored. */
  readImport(offered: { appid: string; refreshToken: string }): Promise<'nothing' | (string & {})>;
  keepImported(
    offered: { appid: string; refreshToken: string },
    /** `grantedMs`: the lifetime of the access token from now. */
    given: { refreshToken: string; accessToken: string; grantedMs: number },
  ): Promise<unknown>;
  keepPermissionSets(appid: string, permissionSets: number[]): Promise<void>;
}
