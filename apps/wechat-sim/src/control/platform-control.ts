import { platformPatch } from './control-bodies.js';
import { bodyAs, type ControlAnswer, type ControlRequest } from './control-request.js';

/** GET /sim/platform */
export function readPlatform({ sim }: ControlRequest): ControlAnswer {
  return { json: sim.platform };
}

/** PATCH /sim/platform */
export function changePlatform(request: ControlRequest): ControlAnswer {
  const { auditQuota = {} } = bodyAs(request, platformPatch);
  for (const [name, value] of Object.entries(auditQuota))
    if (value !== undefined) Object.assign(request.sim.platform.auditQuota, { [name]: value });
  return readPlatform(request);
}
