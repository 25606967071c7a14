import { Pool } from 'undici';
import { classifyAnswer, classifyFailure } from './classify.js';
import * as audit from './endpoints/audit-endpoints.js';
import * as code from './endpoints/code-endpoints.js';
import type { Endpoint, NoRequest } from './endpoints/endpoint.js';
import * as rollout from './endpoints/release-endpoints.js';
import { exchange } from './http-exchange.js';
import { percentEncode } from './percent-encode.js';
import { formatObject } from './wechat-json.js';
import { tokenUnavailable } from './wxa-error.js';
import type { Done, WxaResult } from './wxa-result.js';

export interface WxaClientOptions {
  /** `https://api.weixin.qq.com`, or a stand-in; may have a path, which is put before WeChat's. */
  baseUrl: string;
  /** The authorizer access token of the calls that give none of their own. */
  token?: string;
  /** For a whole call, from waiting for a connection to the last byte. Default 10,000. */
  timeoutMs?: number;
  /** Of one answer. Default 4 MiB; a trial QR code has some 350 KB. */
  maxResponseBytes?: number;
  /** At most so many at once, kept alive; further calls wait for one within their time. Default 64. */
  connections?: number;
  /** Hears what became of each call that was tried. Must not throw. */
  onResult?: (result: WxaResult<unknown>) => void;
}

export interface CallOptions {
  token?: string;
  timeoutMs?: number;
  /** Ends the call at once; it is ambiguous if it was sent by then. */
  signal?: AbortSignal;
}

/**
 * The code management APIs of WeChat for one or many mini-programs, over one keep-alive pool. Each call is
 * sent once at most and its promise never rejects; see `WxaResult` for what can become of it.
 */
export class WxaClient {
  private readonly pool: Pool;
  private readonly pathPrefix: string;
  private readonly options: Required<Omit<WxaClientOptions, 'connections'>>;

  /** Throws a TypeError where `baseUrl` is none. */
  constructor(options: WxaClientOptions) {
    const { baseUrl, token = '', timeoutMs = 10_000, maxResponseBytes = 4 * 1024 * 1024 } = options;
    const { onResult = () => undefined } = options;
    const url = new URL(baseUrl);
    this.options = { baseUrl, token, timeoutMs, maxResponseBytes, onResult };
    this.pathPrefix = url.pathname.replace(/\/+$/, '');
    this.pool = new Pool(url.origin, {
      connections: options.connections ?? 64,
      pipelining: 1,
      connect: { timeout: timeoutMs },
    });
  }

  /** Waits for the calls in flight and closes the connections, once; later calls are `retryable`, cause `connect`. */
  async close(): Promise<void> {
    if (!this.pool.closed) await this.pool.close();
  }

  /** Uploads a template as the trial version. A repeat starts WeChat's privacy check anew (61039 for a minute). */
  commit(request: code.CommitRequest, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.call(code.commit, request, options);
  }

  /** The picture that opens the trial version. */
  getTrialQrCode(
    request: code.TrialQrCodeRequest = {},
    options?: CallOptions,
  ): Promise<WxaResult<code.TrialQrCode>> {
    return this.call(code.getTrialQrCode, request, options);
  }

  /** The categories the mini-program may be submitted under. */
  listCategories(request: NoRequest = {}, options?: CallOptions) {
    return this.call(code.listCategories, request, options);
  }

  /** The pages of the committed version. */
  listPages(request: NoRequest = {}, options?: CallOptions) {
    return this.call(code.listPages, request, options);
  }

  /** The trial and the released version, to find out what became of a commit or a release. */
  getVersionInfo(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<code.VersionInfos>> {
    return this.call(code.getVersionInfo, request, options);
  }

  /** Submits the committed version to audit. 85009 while another audit runs. */
  submitAudit(request: audit.SubmitAuditRequest, options?: CallOptions) {
    return this.call(audit.submitAudit, request, options);
  }

  /** The state of one audit. */
  getAuditStatus(request: { auditId: bigint }, options?: CallOptions): Promise<WxaResult<audit.AuditStatus>> {
    return this.call(audit.getAuditStatus, request, options);
  }

  /** The state of the audit submitted last; 85058 where there never was one. */
  getLatestAuditStatus(
    request: NoRequest = {},
    options?: CallOptions,
  ): Promise<WxaResult<audit.AuditStatus>> {
    return this.call(audit.getLatestAuditStatus, request, options);
  }

  /** Withdraws the running audit. A GET with an effect; few a day (87013). */
  undoAudit(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.call(audit.undoAudit, request, options);
  }

  /** Releases the version approved last to everybody. */
  release(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.call(rollout.release, request, options);
  }

  /** Shows or hides the released version. */
  changeVisitStatus(request: { visible: boolean }, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.call(rollout.changeVisitStatus, request, options);
  }

  /** Whether users get in, to find out what became of a change of it. */
  getVisitStatus(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<{ visible: boolean }>> {
    return this.call(rollout.getVisitStatus, request, options);
  }

  /** The lowest base library version set, and how many users have which. */
  getSupportVersion(
    request: NoRequest = {},
    options?: CallOptions,
  ): Promise<WxaResult<rollout.SupportVersion>> {
    return this.call(rollout.getSupportVersion, request, options);
  }

  /** Sets the lowest base library version. */
  setSupportVersion(request: { version: string }, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.call(rollout.setSupportVersion, request, options);
  }

  /** Goes back to an earlier release. A GET with an effect: repeated, it can go back one more. */
  revertRelease(request: rollout.RevertReleaseRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.call(rollout.revertRelease, request, options);
  }

  /** The releases that can be gone back to, newest first. */
  listReleaseHistory(request: NoRequest = {}, options?: CallOptions) {
    return this.call(rollout.listReleaseHistory, request, options);
  }

  /** Starts a release to a part of the users, or raises the part. */
  grayRelease(request: rollout.GrayReleaseRequest, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.call(rollout.grayRelease, request, options);
  }

  /** Ends the gray release; its users get the version before. A GET with an effect. */
  revertGrayRelease(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.call(rollout.revertGrayRelease, request, options);
  }

  /** The present gray release. */
  getGrayReleasePlan(request: NoRequest = {}, options?: CallOptions) {
    return this.call(rollout.getGrayReleasePlan, request, options);
  }

  private async call<Request, T>(
    endpoint: Endpoint<Request, T>,
    request: Request,
    { token = this.options.token, timeoutMs = this.options.timeoutMs, signal }: CallOptions = {},
  ): Promise<WxaResult<T>> {
    if (!token) return { kind: 'error', error: tokenUnavailable(endpoint.api) };
    const body = endpoint.body && formatObject(endpoint.body(request));
    const outcome = await exchange(this.pool, {
      method: body === undefined ? 'GET' : 'POST',
      path: `${this.pathPrefix}/${endpoint.api}?${queryOf(token, endpoint.query?.(request))}`,
      // As bytes: undici would make them, and keep the text beside them until the answer.
      ...(body !== undefined && { body: Buffer.from(body) }),
      timeoutMs,
      maxResponseBytes: this.options.maxResponseBytes,
      signal,
    });
    const result: WxaResult<T> =
      outcome.kind === 'failed'
        ? classifyFailure(endpoint.api, outcome)
        : classifyAnswer(endpoint, request, outcome, token);
    this.options.onResult(result);
    return result;
  }
}

/** Encoded exactly once; WeChat's example encodes the `/`, `?` and `=` of a page path too. */
function queryOf(token: string, query: Record<string, string | undefined> = {}): string {
  return Object.entries({ access_token: token, ...query })
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}=${percentEncode(value ?? '')}`)
    .join('&');
}
