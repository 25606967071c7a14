import type { Metadata } from '@grpc/grpc-js';
import type { CallerLimits, Policy, VisibleAppids } from '@wxa/policy';

/** The caller of a call, for its handler. */
export interface CallCaller {
  /** Its name in the policy file. */
  readonly name: string;
  /** Address and, if it presented one, certificate of the client. */
  readonly peer: string;
  /** The one that is in force now. */
  readonly policy: Pick<Policy, 'calls' | 'callersOf'>;
  /** Of that policy. */
  readonly limits: CallerLimits;
  /** Whether it may name the person for whom it acts, under that policy. */
  readonly mayActFor: boolean;
  /**
   * The appids for which it may call a method, under the policy that is in force now.
   * @param method of the form `Service/Method`.
   */
  visible(method: string): VisibleAppids;
  /** The same for another caller: for none if the policy does not name it. */
  visibleTo(caller: string, method: string): VisibleAppids;
}

/** A property, because a WeakMap of all calls costs more than the rest of a decision. */
const CALLER = Symbol('caller');
type CallMetadata = Metadata & { [CALLER]?: CallCaller };

/** The caller of a call, by the call's metadata; undefined if there is no policy: then everything is allowed. */
export function callerOf(metadata: CallMetadata): CallCaller | undefined {
  return metadata[CALLER];
}

/** The appids for which the caller of a call may call a method, at the time of the question; undefined without a policy. */
export function visibleTo(metadata: Metadata, method: string): VisibleAppids | undefined {
  return callerOf(metadata)?.visible(method);
}

/** Attaches the caller to a call before its handler runs. */
export function setCaller(metadata: CallMetadata, caller: CallCaller): void {
  metadata[CALLER] = caller;
}
