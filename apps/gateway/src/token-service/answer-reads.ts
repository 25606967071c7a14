import type { IncomingMessage } from 'node:http';
import { expiresInS } from '@wxa/authorizers';
import type { TokenRead } from '@wxa/policy';
import { type Cancellation, isUnavailable } from '@wxa/postgres';
import { GRPC_CODES, type Logger, LogLimit } from '@wxa/service';
import { isAppid } from '@wxa/wxa-client';
import type { AccessParts } from '../callers/authorize-call.js';
import { AuthenticationFailed, toRpcError } from '../credentials/authentication-failed.js';
import { RpcError, rpcError } from '../errors/rpc-error.js';
import { authentications, tokenReads, UNKNOWN_READER } from '../metrics.js';
import { ReadLimits } from './read-limits.js';
import { Reader } from './reader.js';
import type { ServedTokens } from './served-tokens.js';

const GET: TokenRead = 'Tokens/GetAccessToken';
const RENEW: TokenRead = 'Tokens/RenewAccessToken';
/** Of an answer, whatever hangs: a reader waits 5 s. */
const ANSWER_MS = 4_700;
const REFUSED_PER_SECOND = 20;
/** Shared by all reads: an AbortController would create an error with a stack trace at the end of each. */
const ANSWERED = rpcError('CALLER_GONE', 'the read was answered');

/** HTTP statuses by the names of gRPC's codes. */
const STATUSES: Partial<Record<(typeof GRPC_CODES)[number], number>> = {
  InvalidArgument: 400,
  Unauthenticated: 401,
  PermissionDenied: 403,
  FailedPrecondition: 404,
  ResourceExhausted: 429,
  Unavailable: 503,
};

const RESULTS: Record<number, string> = {
  200: 'ok',
  400: 'invalid',
  401: 'unknown',
  403: 'denied',
  404: 'unauthorized',
  429: 'limited',
};

/** An HTTP response without its constant headers. */
export interface ReadAnswer {
  status: number;
  headers: Record<string, string>;
  body: object;
}

export interface ReadTools {
  parts: AccessParts;
  served: Pick<ServedTokens, 'read'>;
  logger: Pick<Logger, 'info' | 'error'>;
}

/** Answers the reads of the token service: who reads, whether it may, how often, and the token. */
export class ReadAnswers {
  readonly #limits = new ReadLimits();
  readonly #refused = new LogLimit(REFUSED_PER_SECOND);

  constructor(private readonly tools: ReadTools) {}

  /** Never rejects. */
  async of(request: IncomingMessage): Promise<ReadAnswer> {
    const seen = { caller: UNKNOWN_READER };
    const answered = { aborted: false, reason: ANSWERED };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = rpcError('TOKEN_NOT_AVAILABLE', 'the token could not be read in time; retry');
      timer = setTimeout(() => reject(error), ANSWER_MS);
    });
    try {
      const answer = await Promise.race([this.#read(request, seen, answered), late]);
      tokenReads.inc({ caller: seen.caller, result: 'ok' });
      return answer;
    } catch (error) {
      return this.#refuse(request, seen, error);
    } finally {
      answered.aborted = true;
      clearTimeout(timer);
    }
  }

  /** @param seen gets the caller as soon as it is known. */
  async #read(request: IncomingMessage, seen: { caller: string }, signal: Cancellation): Promise<ReadAnswer> {
    const { parts, served, logger } = this.tools;
    const arrivedAt = performance.now();
    const reader = await Reader.of(parts, request);
    const { caller, kind } = reader;
    authentications.inc({ kind, result: 'ok' });
    seen.caller = caller.name;
    const { appid, isRefresh } = askedIn(request, parts.componentAppid);
    const reads = isRefresh ? [GET, RENEW] : [GET];
    reader.rejectUnlessAllowed(appid, reads);
    const exceeded = parts.limits.exceededBy(caller, GET) ?? this.#limits.exceededBy(caller.name, appid);
    if (exceeded !== undefined) throw exceeded;
    const by = { caller: caller.name, onBehalfOf: null, peer: peerOf(request) };
    const of = { appid, isPlatform: appid === parts.componentAppid };
    const recheck = () => reader.rejectUnlessAllowed(appid, reads);
    const token = await served.read({ of, by, isRefresh, arrivedAt, signal }, recheck);
    const remainingS = Math.floor(token.remainingMs / 1000);
    logger.info(
      { caller: caller.name, appid, token_id: token.tokenId, remaining_s: remainingS },
      'token read',
    );
    const body = { access_token: token.token, expires_in: expiresInS(token) };
    return { status: 200, headers: {}, body };
  }

  #refuse(request: IncomingMessage, { caller }: { caller: string }, thrown: unknown): ReadAnswer {
    if (thrown instanceof AuthenticationFailed)
      authentications.inc({ kind: thrown.kind, result: thrown.result });
    const error = this.#errorOf(thrown);
    const status = STATUSES[GRPC_CODES[error.code]] ?? 500;
    tokenReads.inc({ caller, result: RESULTS[status] ?? 'unavailable' });
    const { reason } = error.facts;
    const peer = peerOf(request);
    if (status === 401 || status === 403)
      this.tools.parts.onDenied({
        ...{ caller: caller === UNKNOWN_READER ? '' : caller, peer },
        ...{ method: error.facts.method ?? GET, code: GRPC_CODES[error.code] },
      });
    const limited = this.#refused.take();
    if (limited !== undefined)
      this.tools.logger.info({ caller, status, reason, peer, ...limited }, 'token refused');
    return {
      status,
      headers: retryAfter(status, error),
      body: { error: { reason, message: error.message } },
    };
  }

  #errorOf(error: unknown): RpcError {
    if (!(error instanceof RpcError) && isUnavailable(error))
      return rpcError('TOKEN_NOT_AVAILABLE', 'Postgres is unavailable; retry');
    const known = toRpcError(error, GET);
    if (known.facts.reason === 'INTERNAL') this.tools.logger.error({ err: error }, 'unexpected error');
    return known;
  }
}

/** What a request asks for: one appid, and `refresh=1` or nothing. Throws INVALID_REQUEST, which repeats nothing of it. */
function askedIn({ url = '' }: IncomingMessage, componentAppid: string | undefined) {
  const [path, query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  const [appids, refreshes] = [parameters.getAll('appid'), parameters.getAll('refresh')];
  const [appid = '', ...others] = appids;
  const isNamed = others.length === 0 && (isAppid(appid) || (appid !== '' && appid === componentAppid));
  const isRefresh = refreshes.length > 0;
  if (path !== '/token' || !isNamed || refreshes.length > 1 || (isRefresh && refreshes[0] !== '1'))
    throw rpcError(
      'INVALID_REQUEST',
      'the request must be GET /token?appid=APPID, with &refresh=1 or without',
    );
  return { appid, isRefresh };
}

function peerOf({ socket: { remoteAddress = '', remotePort } }: IncomingMessage): string {
  return `${remoteAddress}:${remotePort}`;
}

function retryAfter(status: number, { facts }: RpcError): Record<string, string> {
  if (status === 503) return { 'retry-after': '2' };
  if (status !== 429) return {};
  return { 'retry-after': String(Math.max(1, Math.ceil((facts.retryAfterMs ?? 0) / 1000))) };
}
