import {
  type status as Code,
  type Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { isOfCalls } from '@wxa/policy';
import { GRPC_CODES } from '@wxa/service';
import { isAnonymous, limitAnonymous } from '../credentials/anonymous-calls.js';
import type { Principal } from '../credentials/authenticate.js';
import { AuthenticationFailed, toRpcError } from '../credentials/authentication-failed.js';
import { type DeniedCall, isDenied } from '../credentials/denied-calls.js';
import { RejectedRequest } from '../decode/decode-request.js';
import { invalidField, type RpcError, rpcError, toStatus } from '../errors/rpc-error.js';
import { endCode } from '../errors/status-details.js';
import { authentications, callerCalls } from '../metrics.js';
import { accessOf, appidsOf, isDecidedByMethod } from './appid-of-request.js';
import { calledMethod, isWaiting, REFLECTION } from './called-method.js';
import type { CallerLimiter, CallsInProgress } from './caller-limits.js';
import { IdentifiedCaller, type IdentityParts, setCaller } from './caller-of.js';
import { notAllowed } from './not-allowed.js';
import type { OpenStream, OpenStreams } from './open-streams.js';

const withoutInfo = () => invalidField('info', 'INFO_REQUIRED_FIRST');

/** What decides about calls. */
export interface AccessParts extends IdentityParts {
  limits: Pick<CallerLimiter, 'exceededBy'>;
  inProgress: Pick<CallsInProgress, 'begin'>;
  streams: Pick<OpenStreams, 'add' | 'delete'>;
  componentAppid: string | undefined;
  onDenied(call: DeniedCall): void;
}

/**
 * Authenticates each call on its metadata, authorizes it and applies the limits of its caller, before the request is
 * validated: on the metadata if the method alone decides, so that the message is not even read; otherwise on the first
 * message, which names the appid. Health is served to everyone, reflection to every known caller.
 */
export function authorizeCall(parts: AccessParts): ServerInterceptor {
  const anonymous = limitAnonymous();
  return (method, call) => {
    const { path, responseStream: isStream } = method;
    if (isAnonymous(path)) return anonymous(method, call);
    return new CheckedCall(parts, call, { path, isStream }).intercepting();
  };
}

/** One call, from its metadata to its status. */
class CheckedCall implements OpenStream {
  readonly #method: string;
  readonly #caller: IdentifiedCaller;
  /** Known once the first message has arrived. */
  #appids: string[] | undefined;
  /** The entry of the policy that a request of the service Calls names. */
  #listed: string | undefined;
  #withinRate = false;
  /** Ends the call for the limit of calls in progress. */
  #release: () => void = () => undefined;
  #ended = false;
  #counted = false;

  constructor(
    private readonly parts: AccessParts,
    private readonly call: ServerInterceptingCallInterface,
    private readonly rpc: { path: string; isStream: boolean },
  ) {
    this.#method = calledMethod(rpc.path);
    this.#caller = new IdentifiedCaller(parts, call, this.#method);
  }

  intercepting(): ServerInterceptingCall {
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => this.#authenticate(metadata, () => next(metadata)))
      .withOnReceiveMessage((message, next) => {
        if (this.#authorize(message)) next(message);
      })
      // The handler of a call with one message runs now, and its client may have sent that long ago.
      .withOnReceiveHalfClose((next) => {
        if (!this.#ended && (!this.#caller.isLate || this.#checkAgain())) next();
      })
      .withOnCancel(() => this.#onEnd())
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendStatus((status, next) => {
        this.#count(status);
        next(status);
      })
      .build();
    return new ServerInterceptingCall(this.call, responder);
  }

  /** Ends a stream whose credential has expired, or whose caller has lost the access that it began with. */
  recheck(): void {
    if (!this.#ended && this.#caller.isKnown) this.#checkAgain();
  }

  /** Returns whether the call continues. */
  #checkAgain(): boolean {
    try {
      this.#rejectUnlessValid();
      this.#rejectDeniedAppids();
      return true;
    } catch (error) {
      this.#end(error);
      return false;
    }
  }

  /** Ends a call whose client certificate was verified by a CA that has changed: its client connects again. */
  endCertified(): void {
    if (!this.#caller.isCertified) return;
    const message = 'the CA of client certificates has changed: connect again';
    this.#end(rpcError('CREDENTIALS_UNVERIFIABLE', message, { method: this.#method }));
  }

  /** Throws if the credential has expired, or if its caller may not call the method any more. */
  #rejectUnlessValid(): void {
    this.#caller.recheck();
    this.#rejectDeniedMethod();
  }

  /** Calls `next` once the caller is known and may call the method for some appid. */
  #authenticate(metadata: Metadata, next: () => void): void {
    const accept = (principal: Principal) => {
      if (this.#ended) return;
      try {
        this.#caller.accept(principal);
        this.#rejectDeniedMethod();
        if (this.#isDecidedByMethod()) this.#rejectBeyondRate();
        // Before the next interceptor counts it for all callers: its message may never arrive.
        this.#begin();
      } catch (error) {
        return this.#end(error);
      }
      setCaller(metadata, this.#caller);
      if (this.rpc.isStream || isWaiting(this.#method)) this.parts.streams.add(this);
      next();
    };
    try {
      const principal = this.#caller.verify(metadata);
      if (principal instanceof Promise) principal.then(accept, (error: unknown) => this.#end(error));
      else accept(principal);
    } catch (error) {
      this.#end(error);
    }
  }

  /** Authorizes the first message. Returns whether the call continues. */
  #authorize(message: object): boolean {
    if (this.#ended) return false;
    if (this.#appids !== undefined || this.#method === REFLECTION) return true;
    try {
      // Whatever a request that cannot be decoded names, it reaches no handler.
      const isDecoded = !(message instanceof RejectedRequest);
      const access = accessOf(this.#method);
      this.#appids = isDecoded ? appidsOf(access, message, this.parts.componentAppid) : [];
      if (this.#appids === undefined) throw withoutInfo();
      if (isDecoded && isOfCalls(this.#method)) this.#listed = (message as { call: string }).call;
      if (this.#caller.isLate) this.#rejectUnlessValid();
      this.#rejectDeniedAppids();
      this.#rejectBeyondRate();
      return true;
    } catch (error) {
      this.#end(error);
      return false;
    }
  }

  /** Throws if the method is not allowed for any appid. */
  #rejectDeniedMethod(): void {
    if (this.#method === REFLECTION) return;
    const { allow, reason } = this.#caller.visible(this.#method);
    if (allow.length === 0) throw this.#notAllowed(undefined, reason);
  }

  #isDecidedByMethod(): boolean {
    return this.#method === REFLECTION || isDecidedByMethod(this.#method, this.#caller.visible(this.#method));
  }

  /** Counts the call, once. Throws if it exceeds the rate or a quota of its caller. */
  #rejectBeyondRate(): void {
    if (this.#withinRate) return;
    const exceeded = this.parts.limits.exceededBy(this.#caller.entry, this.#method);
    if (exceeded !== undefined) throw exceeded;
    this.#withinRate = true;
  }

  /** Counts the call as one in progress. Throws if its caller has as many as it may. */
  #begin(): void {
    const begun = this.parts.inProgress.begin(this.#caller.entry, this.#method);
    if (typeof begun !== 'function') throw begun;
    this.#release = begun;
  }

  /** Throws if the method is not allowed for an appid that the request names. */
  #rejectDeniedAppids(): void {
    // Then validation says what is wrong with a malformed one.
    if (this.#isDecidedByMethod()) return;
    // The handler says that it is not listed, to every caller that may make some call.
    if (this.#listed !== undefined && !this.#caller.policy.calls.has(this.#listed)) return;
    for (const appid of this.#appids ?? []) {
      const { entry, policy } = this.#caller;
      const { allowed, rule } = policy.decide(entry, this.#method, appid, this.#listed);
      if (!allowed) throw this.#notAllowed(appid, rule?.reason);
    }
  }

  #notAllowed(appid?: string, reason?: string): RpcError {
    return notAllowed({ caller: this.#caller.name, method: this.#method }, appid, reason);
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    if (error instanceof AuthenticationFailed)
      authentications.inc({ kind: error.kind, result: error.result });
    const rpc = toRpcError(error, this.#method);
    this.#count(rpc);
    this.call.sendStatus(toStatus(rpc));
    this.#onEnd();
  }

  #onEnd(): void {
    this.#release();
    this.#ended = true;
    this.parts.streams.delete(this);
    this.#count({ code: endCode(this.call, this.parts.now()) });
  }

  /** Counts the call once, by its first status. */
  #count({ code, metadata }: { code: Code; metadata?: Metadata | null | undefined }): void {
    if (this.#counted) return;
    this.#counted = true;
    if (isDenied(code, metadata))
      this.parts.onDenied({
        caller: this.#caller.name,
        method: this.#method,
        code: GRPC_CODES[code],
        peer: this.#caller.peer,
      });
    if (!this.#caller.isKnown) return;
    callerCalls.inc({ caller: this.#caller.name, grpc_code: GRPC_CODES[code] });
  }
}
