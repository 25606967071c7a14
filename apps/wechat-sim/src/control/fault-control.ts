import type { Fault } from '../wechat/faults.js';
import { faultBody, limitsBody } from './control-bodies.js';
import { bodyAs, ControlError, type ControlRequest, type ControlResponse } from './control-request.js';

/** POST /sim/faults */
export function addFault(request: ControlRequest): ControlResponse {
  return { status: 201, json: request.sim.faults.add(bodyAs(request, faultBody)).status() };
}

/** GET /sim/faults */
export function listFaults({ sim }: ControlRequest): ControlResponse {
  return { json: { faults: sim.faults.list().map((fault) => fault.status()) } };
}

/** GET /sim/faults/:id */
export function readFault(request: ControlRequest): ControlResponse {
  return { json: faultOf(request).status() };
}

/** POST /sim/faults/:id/release: lets held calls continue. */
export function releaseFault(request: ControlRequest): ControlResponse {
  return { json: { released: faultOf(request).release() } };
}

/** DELETE /sim/faults/:id */
export function removeFault(request: ControlRequest): ControlResponse {
  const { id } = faultOf(request);
  return { json: { removed: request.sim.faults.remove(id) } };
}

/** DELETE /sim/faults */
export function clearFaults({ sim }: ControlRequest): ControlResponse {
  sim.faults.clear();
  return { json: {} };
}

/** PUT /sim/limits */
export function setLimits(request: ControlRequest): ControlResponse {
  request.sim.limits.set(bodyAs(request, limitsBody));
  return readLimits(request);
}

/** GET /sim/limits */
export function readLimits({ sim }: ControlRequest): ControlResponse {
  return { json: sim.limits.get() };
}

function faultOf({ sim, params }: ControlRequest): Fault {
  const fault = sim.faults.get(params[0] ?? '');
  if (!fault) throw new ControlError(404, ['no such fault']);
  return fault;
}
