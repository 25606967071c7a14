import { ledgerQuery } from './control-bodies.js';
import { type ControlRequest, type ControlResponse, queryAs } from './control-request.js';

/** GET /sim/ledger: `next` is the `after` of the next page. */
export function readLedger(request: ControlRequest): ControlResponse {
  const wanted = queryAs(request, ledgerQuery);
  const entries = request.sim.ledger.read(wanted);
  return { json: { entries, next: entries.at(-1)?.seq ?? wanted.after } };
}

/** GET /sim/ledger/summary */
export function readSummary({ sim, query }: ControlRequest): ControlResponse {
  return { json: sim.ledger.summary.read(query.get('appid') ?? undefined) };
}

/** DELETE /sim/ledger */
export function clearLedger({ sim }: ControlRequest): ControlResponse {
  sim.ledger.clear();
  return { json: {} };
}
