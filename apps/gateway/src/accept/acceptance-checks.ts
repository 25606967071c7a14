import { Inject, Injectable } from '@nestjs/common';
import { type Grant, TokenStore } from '@wxa/authorizers';
import {
  type DeleteTemplateRequest,
  isForPlatform,
  METHODS,
  type Method,
  problem,
  type RequestOf,
  serviceOf,
} from '@wxa/contracts';
import {
  appid,
  cut,
  field,
  matches,
  optional,
  ROOMS,
  type Rule,
  type Violation,
  violationsBy,
} from '@wxa/methods';
import { every, type Logger, polled } from '@wxa/service';
import { Store } from '@wxa/store';
import { type GatewaySettings, SETTINGS } from '../config.js';
import { lostInDecoding } from '../decode/decode-request.js';
import { historyBehind, RpcError, rpcError } from '../errors/rpc-error.js';
import { withEffectiveSettings } from './effective-settings.js';

interface AnyRequest {
  appid: string;
  requestId: string;
}

/** By its beginning the service recognizes the operations of a rollout, for which it is reserved. */
const REQUEST_ID = matches(/^(?!rollout-)[\x20-\x7e]{1,64}$/, 'REQUEST_ID_RESERVED');

const REQUEST_ID_RULE: Rule<AnyRequest> = field('request_id', (r) => r.requestId, optional(REQUEST_ID));

/** A call of the platform itself has no other appid than the platform's, if that is known. */
function appidRule(method: Method, request: object, componentAppid: string | undefined): Rule<AnyRequest> {
  if (componentAppid === undefined || !isForPlatform(method, request))
    return field('appid', (r) => r.appid, appid);
  const isOurs = (given: string) =>
    given === componentAppid ? undefined : problem('NOT_OF_PLATFORM', { appid: componentAppid });
  return field('appid', (r) => r.appid, isOurs);
}

/**
 * All violations of a request, up to 100; empty if it is valid.
 * @param componentAppid the platform's; undefined if it is not known.
 */
export function violationsOf<M extends Method>(
  method: M,
  request: RequestOf<M>,
  componentAppid?: string,
): Violation[] {
  const rules: readonly Rule<RequestOf<M>>[] = ROOMS[method].validate;
  return violationsBy(
    [appidRule(method, request, componentAppid), REQUEST_ID_RULE, lostInDecoding, ...rules],
    request,
  );
}

const EVERY_MS = 2_000;

/**
 * Which methods the running workers know, read every 2 s, so that accepting reads nothing. An older worker would dead-letter
 * the command of a method that it does not know.
 */
export class WorkerMethods {
  #workers: Awaited<ReturnType<Store['instances']['workers']>> = [];
  /** Those that a running worker does not know, separated by commas. */
  #refused = '';
  #end: () => void = () => undefined;

  constructor(
    private readonly instances: Pick<Store['instances'], 'workers'>,
    private readonly logger: Pick<Logger, 'info' | 'warn'>,
  ) {}

  /** Resolves when it has been read once; if Postgres is unavailable, what was read last stays. */
  async start(): Promise<void> {
    const read = polled(this.logger, () => this.#read());
    const { first, end } = every(EVERY_MS, read);
    this.#end = end;
    await first;
  }

  stop(): void {
    this.#end();
  }

  /** The error of a method that a running worker does not know. */
  errorOf(method: Method): RpcError | undefined {
    const behind = this.#workers.find(({ methods }) => !methods.includes(method));
    return (
      behind &&
      rpcError('WORKERS_BEHIND', `a worker of version ${behind.version} does not know ${method} yet; retry`)
    );
  }

  async #read(): Promise<void> {
    this.#workers = await this.instances.workers();
    this.#logRefused();
  }

  /** Once per change. */
  #logRefused(): void {
    const known = (method: string) => this.#workers.every(({ methods }) => methods.includes(method));
    const refused = Object.keys(METHODS).filter((method) => !known(method));
    if (refused.join() === this.#refused) return;
    this.#refused = refused.join();
    if (refused.length === 0) this.logger.info({}, 'methods accepted');
    else this.logger.warn({ methods: refused }, 'methods refused');
  }
}

/** What must hold besides the request itself for an operation to be accepted. */
@Injectable()
export class AcceptanceChecks {
  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(TokenStore) private readonly tokens: TokenStore | null,
    @Inject(WorkerMethods) private readonly workers: WorkerMethods,
    @Inject(SETTINGS) private readonly settings: Pick<GatewaySettings, 'WECHAT_TOKEN_SOURCE'>,
  ) {}

  /**
   * Returns the request to store. Rejects with an RpcError if a running worker does not know the method, if the mini-program has
   * not authorized the platform, if its domains cannot be changed this month, if a rollout has code of the template to commit, if
   * Postgres has lost time, or if settings do not allow it. A repeated request still returns its operation, so that the caller learns the outcome.
   */
  async run<M extends Method>(method: M, request: RequestOf<M>): Promise<RequestOf<M>> {
    const error =
      this.workers.errorOf(method) ??
      this.#lostLabels(request) ??
      (await this.#unauthorized(method, request)) ??
      (method === 'SetServerDomains' ? await this.#exhausted(request) : undefined) ??
      (method === 'DeleteTemplate' ? await this.#neededTemplate(request) : undefined) ??
      this.#behind(method);
    const effective = error ?? (await withEffectiveSettings(this.store, method, request));
    if (!(effective instanceof RpcError)) return effective;
    if (await this.#isRepeated(request)) return request;
    throw effective;
  }

  async #unauthorized(method: Method, request: { appid: string }): Promise<RpcError | undefined> {
    const { appid } = request;
    if (this.tokens === null || isForPlatform(method, request)) return undefined;
    return authorizationError(method, appid, await this.tokens.readGrant(appid));
  }

  async #exhausted({ appid }: { appid: string }): Promise<RpcError | undefined> {
    const until = await this.store.setup.domainChangesStoppedUntil(appid);
    return until && domainChangesExhausted(appid, until);
  }

  async #neededTemplate(request: object): Promise<RpcError | undefined> {
    const { templateId = 0n } = request as DeleteTemplateRequest;
    const [first, ...others] = await this.store.rollouts.needingTemplate(templateId);
    if (first === undefined) return undefined;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    const message = `rollout ${first.id} (${cut(first.name, 40)})${more} has code of template ${templateId} to commit`;
    return rpcError('TEMPLATE_IN_USE', message, { metadata: { rollout_id: first.id } });
  }

  /** Labels of a link are given to the mini-program by the callback of its authorization, which fixed tokens leave out. */
  #lostLabels(request: object): RpcError | undefined {
    const hasLabels = 'labels' in request && Array.isArray(request.labels) && request.labels.length > 0;
    if (this.settings.WECHAT_TOKEN_SOURCE !== 'static' || !hasLabels) return undefined;
    return rpcError(
      'TOKEN_SOURCE_NOT_COMPONENT',
      'WECHAT_TOKEN_SOURCE is static: this service does not store authorizations that WeChat announces',
    );
  }

  #behind(method: Method): RpcError | undefined {
    return METHODS[method].kind === 'change' && this.store.history.isBehind ? historyBehind() : undefined;
  }

  async #isRepeated({ appid, requestId }: { appid: string; requestId: string }): Promise<boolean> {
    return requestId !== '' && (await this.store.operations.hasAccepted(appid, requestId));
  }
}

function domainChangesExhausted(appid: string, until: Date): RpcError {
  const message = `WeChat rejects changes of the server domains of ${appid} until ${until.toISOString()}`;
  return rpcError('DOMAIN_CHANGES_EXHAUSTED', message, { errcode: 86102 });
}

/** WeChat's permission set "小程序开发与数据分析", which includes code management. */
const CODE_MANAGEMENT = 18;
/** Each of them is enough for the method. 156: "小程序备案". */
const OTHER_SETS: Partial<Record<Method, number[]>> = { GetFiling: [156] };

/**
 * The error for a mini-program whose calls WeChat would certainly reject; undefined for others. Requests are accepted if
 * the authorization has ended: it may be renewed before the operation runs, and otherwise the operation fails.
 */
function authorizationError(method: Method, appid: string, grant: Grant | undefined): RpcError | undefined {
  if (grant === undefined)
    return rpcError(
      'NOT_AUTHORIZED',
      `${appid} has not authorized the platform; authorize it, or use ImportAuthorizer`,
    );
  const { state, permissionSets } = grant;
  // Which permission set a listed call needs is not known here.
  if (state !== 'AUTHORIZED' || permissionSets === null || serviceOf(method) === 'Calls') return;
  if ([CODE_MANAGEMENT, ...(OTHER_SETS[method] ?? [])].some((set) => permissionSets.includes(set))) return;
  return rpcError(
    'PERMISSION_SET_MISSING',
    `the authorization of ${appid} lacks permission set ${CODE_MANAGEMENT} (code management); authorize it again with this permission set`,
  );
}
