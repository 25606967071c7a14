import type { Metadata } from '@grpc/grpc-js';
import type { VisibleAppids } from '@wxa/policy';

/** The caller of a call, for its handler. */
export interface CallCaller {
  /** Its name in the policy file. */
  readonly name: string;
  /** Address and, if it presented one, certificate of the client. */
  readonly peer: string;
  /**
   * The appids for which it may call a method, under the policy that is in force now.
   * @param method of the form `Service/Method`.
   */
  visible(method: string): VisibleAppids;
}

const CALLERS = new WeakMap<Metadata, CallCaller>();

/** The caller of a call, by the call's metadata; undefined if there is no policy: then everything is allowed. */
export function callerOf(metadata: Metadata): CallCaller | undefined {
  return CALLERS.get(metadata);
}

/** The appids for which the caller of a call may call a method, at the time of the question; undefined without a policy. */
export function visibleTo(metadata: Metadata, method: string): VisibleAppids | undefined {
  return callerOf(metadata)?.visible(method);
}

/** Attaches the caller to a call before its handler runs. */
export function setCaller(metadata: Metadata, caller: CallCaller): void {
  CALLERS.set(metadata, caller);
}
