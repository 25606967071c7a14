import type { METHODS, Method, PlatformDomainLists, RequestOf, ResultOf } from '@wxa/contracts';
import type { Api, AuditStatus, CallOptions, FileContent, WxaClient, WxaResult } from '@wxa/wxa-client';
import type { Rule } from './checks.js';
import type { FleetReads } from './fleet/parts.js';

/** The methods that have an effect at WeChat. */
export type ChangeMethod = {
  [M in Method]: (typeof METHODS)[M]['kind'] extends 'change' ? M : never;
}[Method];

/**
 * The result of a call. With `sent: false` the call was not made, for example because its precondition forbids it.
 */
export type CallResult<T> = WxaResult<T> & { sent?: false };

/**
 * A read right before the call, whose result can prevent it. `R`: the part of the request that it needs. `T`: the result of
 * a call that is left out because WeChat already has what it would set.
 */
export interface Precondition<R, T = never> {
  /** The API that is read. */
  api: Api;
  /** Whether a request has this precondition. */
  applies(request: R): boolean;
  /** The operation's result if the call must not be made; undefined if it may be made. */
  check(request: R, context: CallContext): Promise<CallResult<T> | undefined>;
}

/**
 * A snapshot is the state that was read from WeChat before the first attempt. A value is empty if WeChat had none.
 */
export interface Snapshot {
  values: Record<string, string>;
  /** The mini-program's latest audit, if it was read; this service may not know its decision yet. */
  audit?: AuditStatus | undefined;
}

/** The data of a change for its reconciliation. */
export interface Facts<M extends Method> {
  request: RequestOf<M>;
  /** The values of its snapshot; null if there is none. */
  snapshot: Record<string, string> | null;
  /** Time of its first claim. */
  startedAt: Date;
}

/** How to find out whether an earlier attempt of a change was executed. */
export interface Reconciliation<M extends Method> {
  /** The API that is read first. */
  api: Api;
  /** Read once before the first attempt, if the comparison needs the state before. */
  snapshot?(context: CallContext): Promise<WxaResult<Snapshot>>;
  /** Reads WeChat's state and compares it with the request. */
  check(facts: Facts<M>, context: CallContext): Promise<WxaResult<Comparison<ResultOf<M>>>>;
  /**
   * If a retry is not harmless, the check comes before each. With `best-effort` a duplicate only costs time: the
   * retry is sent even if the check is inconclusive. With `once-answered` one negative read is enough, with
   * `required` negative reads have to be confirmed.
   */
  beforeRetry?: 'best-effort' | 'once-answered' | 'required';
  /**
   * The state that was asked for may have held before the call, and no snapshot or identity tells: while the call may still
   * act, the check proves nothing.
   */
  mayHaveHeldBefore?: true;
  /** The request sets a value, so a retry is harmless: it is sent if the check is inconclusive. */
  isIdempotentSet?: true;
  /** Errcodes of a rejection that may be caused by our own earlier attempt. */
  duplicateCodes: readonly number[];
  /** Errcodes of a rejection that prove our own earlier attempt. */
  provingCodes?: readonly number[];
}

/** Everything that is specific to one method. */
export interface Room<M extends Method> {
  method: M;
  /** The API that the method calls; empty for a listed call, whose operation says which. */
  api: Api;
  /** The rules of its request, besides those of every request. */
  validate: readonly Rule<RequestOf<M>>[];
  /** Timeout of its call, as a multiple of WECHAT_TIMEOUT_MS. */
  timeoutFactor: number;
  call(request: RequestOf<M>, context: CallContext): Promise<CallResult<ResultOf<M>>>;
  /** Checked in this order. */
  preconditions?: readonly Precondition<RequestOf<M>, ResultOf<M>>[];
  /** Whether a request fails, and does not wait, while the platform's monthly quota of the API is exhausted. */
  failsWithoutQuota?(request: RequestOf<M>): boolean;
  /** Every change has one. */
  reconcile?: Reconciliation<M>;
}

/** `timeoutFactor` is 1 by default. */
type Definition<M extends Method> = Omit<Room<M>, 'method' | 'timeoutFactor' | 'reconcile'> & {
  timeoutFactor?: number;
};

/** Defines the room of a method that has an effect at WeChat. */
export function defineChange<M extends ChangeMethod>(
  method: M,
  definition: Definition<M> & { reconcile: Reconciliation<M> },
): Room<M> {
  return { method, timeoutFactor: 1, ...definition };
}

/** The room of a change that the policy lists: its effect cannot be read, so it is never in doubt. */
export function defineListedChange<M extends 'ChangeWechat'>(method: M, definition: Definition<M>): Room<M> {
  return { method, timeoutFactor: 1, ...definition };
}

/** The room of a method whose caller waits for the result, and whose retry is harmless. */
export function defineQuery<M extends Exclude<Method, ChangeMethod>>(
  method: M,
  definition: Definition<M>,
): Room<M> {
  return { method, timeoutFactor: 1, ...definition };
}

/** The dependencies of a call for one mini-program. The worker implements it. */
export interface CallContext {
  client: WxaClient;
  /**
   * Every call has these options: the token, the timeout, the latest time to send it, and who is notified of its
   * result.
   */
  options: CallOptions & { token: string; timeoutMs: number; readonly notAfter: number };
  /** The attachment of this operation; undefined if there is none. */
  attachment(): Promise<FileContent | undefined>;
  /** The version of an audit that this service submitted; empty if it is unknown. */
  versionOfAudit(auditId: bigint): Promise<string>;
  /** The version that this service committed last before this operation; empty if there is none. */
  committedVersion(): Promise<string>;
  /** What this service remembers about the setup of the mini-program. */
  setup: SetupRecords;
  /** Resolves when a further call of this operation may be sent, by the limits of its API. */
  reserve(api: Api): Promise<void>;
  pause(ms: number): Promise<void>;
  /** What links give to those that authorize by them. */
  links: LinkLabels | undefined;
  /** Where imported authorizations are stored; undefined if access tokens have another source. */
  authorizers: AuthorizerImports | undefined;
  /** The inventory; undefined only in tests of other methods. */
  fleet: FleetReads | undefined;
  /** An earlier attempt may have been sent. */
  isRetry: boolean;
}

/** What WeChat does not return, or returns only as a failure. */
export interface SetupRecords {
  /** WeChat accepts no further change of the server domains until the month ends (86102). */
  stopDomainChanges(): Promise<void>;
  areDomainChangesStopped(): Promise<boolean>;
  /** SHA-256 of the additional text of the privacy guide that WeChat accepted last; undefined if that is not known. */
  sentPrivacyText(): Promise<Buffer | undefined>;
  keepSentPrivacyText(sha256: Buffer | null): Promise<void>;
  /** Stores the platform's domains as last read; a list that is not given stays. */
  keepPlatformDomains(lists: { server?: PlatformDomainLists; webview?: PlatformDomainLists }): Promise<void>;
}

/** Labels that a mini-program gets when it authorizes by a link. */
export interface LinkLabels {
  keepLinkLabels(preAuthCode: string, labels: string[]): Promise<void>;
}

/** Imports of mini-programs by their refresh tokens. */
export interface AuthorizerImports {
  /** Decrypts the refresh token of an import; undefined if its key is no longer configured. */
  openRefreshToken(appid: string, encrypted: Buffer): string | undefined;
  /** Whether an import of this token has been stored. */
  readImport(offered: { appid: string; refreshToken: string }): Promise<'nothing' | (string & {})>;
  keepImported(
    offered: { appid: string; refreshToken: string },
    /** `grantedMs` is the lifetime of the access token from now. */
    given: { refreshToken: string; accessToken: string; grantedMs: number },
  ): Promise<unknown>;
  keepAuthorizerInfo(appid: string, info: { permissionSets: number[]; nickName: string }): Promise<void>;
}

/** The conclusion from WeChat's state about an attempt whose result is unknown. */
export type Comparison<R = undefined> =
  | { kind: 'executed'; result: R }
  | { kind: 'not-executed' }
  /** WeChat's state does not show it, but WeChat rejects a duplicate as such. So a retry shows it, and is harmless. */
  | { kind: 'retry-proves'; why: string }
  | { kind: 'inconclusive'; why: string };

export const EXECUTED = { kind: 'executed', result: undefined } as const;
export const NOT_EXECUTED = { kind: 'not-executed' } as const;

export const inconclusive = (why: string) => ({ kind: 'inconclusive', why }) as const;

export const NO_SNAPSHOT = inconclusive('no snapshot from before the first attempt');

export const executedIf = (isExecuted: boolean) => (isExecuted ? EXECUTED : NOT_EXECUTED);

/** Whether two snapshots have the same values. */
export function isSame(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}

/** Maps the value of a successful result. */
export function map<T, R>(result: WxaResult<T>, change: (value: T) => R): WxaResult<R> {
  return result.kind === 'ok' ? { kind: 'ok', value: change(result.value) } : result;
}

/** The result of a call that was not sent because a read before it failed. A read without an answer can be repeated. */
export function unsent(read: Exclude<WxaResult<unknown>, { kind: 'ok' }>): CallResult<never> {
  if (read.kind !== 'ambiguous') return { ...read, sent: false };
  return { kind: 'retryable', cause: 'connect', error: read.error, sent: false };
}

/** The result of a method whose message is empty. */
export function withoutResult(result: WxaResult<unknown>): WxaResult<undefined> {
  return map(result, () => undefined);
}
