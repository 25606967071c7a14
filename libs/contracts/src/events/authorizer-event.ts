import type { CloudEvent } from '../cloud-event.js';
import { AuthorizerState } from '../generated/wxa/code/v1/authorizers.js';
import { AuthorizerChanged } from '../generated/wxa/code/v1/events.js';
import { fleetEvent } from './fleet-event.js';

/** A mini-program whose authorization changed. */
export interface ChangedAuthorizer {
  appid: string;
  /** Null if it was removed. */
  state: 'AUTHORIZED' | 'NEEDS_AUTHORIZATION' | 'UNAUTHORIZED' | null;
  /** Null if they are not known. */
  permissionSets: number[] | null;
  at: Date;
}

/** Makes the event of a change. @param source the app that stores it. */
export type ToAuthorizerEvent = (changed: ChangedAuthorizer, source: string) => CloudEvent;

/** Makes AuthorizerChanged. */
export const authorizerEvent: ToAuthorizerEvent = ({ appid, state, permissionSets, at }, source) => {
  const message: AuthorizerChanged = {
    appid,
    state: AuthorizerState[`AUTHORIZER_STATE_${state ?? 'UNSPECIFIED'}`],
    permissionSets: permissionSets ?? [],
    changeTime: at,
    removed: state === null,
  };
  const bytes = AuthorizerChanged.encode(message).finish();
  return fleetEvent({ name: 'AuthorizerChanged', appid, at, source, message: bytes });
};
