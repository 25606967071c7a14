import type { z } from 'zod';
import type { Registration } from '../push/registrations.js';
import { callbackUrlBody, testUrlBody } from './control-bodies.js';
import { bodyAs, ControlError, type ControlRequest, type ControlResponse } from './control-request.js';

/** PUT /sim/callback-url: changes what is live, without a check. */
export function changeCallbackUrl(request: ControlRequest): ControlResponse {
  const given = bodyAs(request, callbackUrlBody);
  request.sim.registrations.change(registrationOf(given));
  return { json: { callbackUrl: given.callbackUrl } };
}

/** PUT /sim/test-callback-url: the test version, and the accounts that it is for. */
export function changeTestUrl(request: ControlRequest): ControlResponse {
  const { appids, ...given } = bodyAs(request, testUrlBody);
  request.sim.registrations.changeTest({ ...registrationOf(given), appids });
  return { json: { callbackUrl: given.callbackUrl, appids } };
}

/** POST /sim/publish: 全网发布. A failed check does not prevent it, a missing one does. */
export function publish({ sim }: ControlRequest): ControlResponse {
  const refusal = sim.registrations.publish();
  if (refusal !== undefined) throw new ControlError(409, [refusal]);
  return { json: {} };
}

function registrationOf(given: Omit<z.output<typeof testUrlBody>, 'appids'>): Partial<Registration> {
  const { callbackUrl, authorizationUrl, callbackToken, encodingAesKey } = given;
  return {
    callbackUrl,
    authorizationUrl: authorizationUrl ?? null,
    ...(callbackToken !== undefined && { callbackToken }),
    ...(encodingAesKey !== undefined && { encodingAesKey }),
  };
}
