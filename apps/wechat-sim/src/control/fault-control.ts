import type { Fault } from '../wechat/faults.js';
import { faultBody, limitsBody } from './control-bodies.js';
import { bodyAs, type ControlAnswer, ControlRefusal, type ControlRequest } from './control-request.js';

/** POST /sim/faults */
export function addFault(request: ControlRequest): ControlAnswer {
  return { status: 201, json: request.sim.faults.add(bodyAs(request, faultBody)).status() };
}

/** GET /sim/faults */
export function listFaults({ sim }: ControlRequest): ControlAnswer {
  return { json: { faults: sim.faults.list().map((fault) => fault.status()) } };
}

/** GET /sim/faults/:id */
export function readFault(request: ControlRequest): ControlAnswer {
  return { json: faultOf(request).status() };
}

/** POST /sim/faults/:id/release: lets held calls continue. */
export function releaseFault(request: ControlRequest): ControlAnswer {
  return { json: { released: faultOf(request).release() } };
}

/** DELETE /sim/faults/:id */
export function removeFault(request: ControlRequest): ControlAnswer {
  const { id } = faultOf(request);
  return { json: { removed: request.sim.faults.remove(id) } };
}

/** DELETE /sim/faults */
export function clearFaults({ sim }: ControlRequest): ControlAnswer {
  sim.faults.clear();
  return { json: {} };
}

/** PUT /sim/limits */
export function setLimits(request: ControlRequest): ControlAnswer {
  request.sim.limits.set(bodyAs(request, limitsBody));
  return readLimits(request);
}

/** GET /sim/limits */
export function readLimits({ sim }: ControlRequest): ControlAnswer {
  return { json: sim.limits.get() };
}

function faultOf({ sim, params }: ControlRequest): Fault {
  const fault = sim.faults.get(params[0] ?? '');
  if (!fault) throw new ControlRefusal(404, ['no such fault']);
  return fault;
}
