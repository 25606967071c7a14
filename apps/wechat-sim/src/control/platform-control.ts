import { platformPatch } from './control-bodies.js';
import { bodyAs, type ControlRequest, type ControlResponse } from './control-request.js';

/** GET /sim/platform */
export function readPlatform({ sim }: ControlRequest): ControlResponse {
  return { json: sim.platform };
}

/** PATCH /sim/platform */
export function changePlatform(request: ControlRequest): ControlResponse {
  const { auditQuota = {} } = bodyAs(request, platformPatch);
  for (const [name, value] of Object.entries(auditQuota))
    if (value !== undefined) Object.assign(request.sim.platform.auditQuota, { [name]: value });
  return readPlatform(request);
}
