import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../request-body.js';
import { splitUrl } from '../request-url.js';
import type { Simulator } from '../simulator.js';
import { changeApp, decide, issueToken, pushAtWill, readApp } from './app-control.js';
import {
  authorize,
  changeComponent,
  pushOfComponent,
  readAuthorization,
  readComponent,
  unauthorize,
} from './component-control.js';
import { ControlError, type ControlRequest, type ControlResponse } from './control-request.js';
import {
  addFault,
  clearFaults,
  listFaults,
  readFault,
  readLimits,
  releaseFault,
  removeFault,
  setLimits,
} from './fault-control.js';
import { clearLedger, readLedger, readSummary } from './ledger-control.js';
import { changePlatform, readPlatform } from './platform-control.js';

type Handler = (request: ControlRequest) => ControlResponse | Promise<ControlResponse>;

/** The routes of the control API; `:x` matches one segment of the path. */
const ROUTES: readonly (readonly [verb: string, path: string, handler: Handler])[] = [
  ['GET', '/sim/healthz', () => ({ json: { ok: true } })],
  ['GET', '/sim/token', issueToken],
  ['GET', '/sim/apps/:appid', readApp],
  ['PATCH', '/sim/apps/:appid', changeApp],
  ['POST', '/sim/apps/:appid/audit', decide],
  ['POST', '/sim/apps/:appid/push', pushAtWill],
  ['GET', '/sim/platform', readPlatform],
  ['PATCH', '/sim/platform', changePlatform],
  ['GET', '/sim/apps/:appid/authorization', readAuthorization],
  ['POST', '/sim/apps/:appid/authorization', authorize],
  ['DELETE', '/sim/apps/:appid/authorization', unauthorize],
  ['GET', '/sim/component', readComponent],
  ['PATCH', '/sim/component', changeComponent],
  ['POST', '/sim/component/push', pushOfComponent],
  ['POST', '/sim/faults', addFault],
  ['GET', '/sim/faults', listFaults],
  ['DELETE', '/sim/faults', clearFaults],
  ['GET', '/sim/faults/:id', readFault],
  ['DELETE', '/sim/faults/:id', removeFault],
  ['POST', '/sim/faults/:id/release', releaseFault],
  ['PUT', '/sim/limits', setLimits],
  ['GET', '/sim/limits', readLimits],
  ['GET', '/sim/ledger', readLedger],
  ['DELETE', '/sim/ledger', clearLedger],
  ['GET', '/sim/ledger/summary', readSummary],
  ['POST', '/sim/reset', reset],
];

const MATCHERS = ROUTES.map(([verb, path, handler]) => ({
  verb,
  handler,
  pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '([^/]+)')}$`),
}));

/** Serves the control API in JSON. A rejected request gets `{"faults":[…]}` with 400, 404, 405 or 409. */
export async function serveControl(sim: Simulator, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { path, rawQuery } = splitUrl(req.url);
  const body = await readBody(req);
  if (body === undefined) return;
  const { status = 200, json } = await answerTo(req.method ?? '', path, {
    sim,
    query: new URLSearchParams(rawQuery),
    body,
  });
  const text = JSON.stringify(json);
  if (res.destroyed) return;
  res
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}

async function answerTo(
  verb: string,
  path: string,
  request: Omit<ControlRequest, 'params'>,
): Promise<ControlResponse> {
  try {
    const routes = MATCHERS.filter(({ pattern }) => pattern.test(path));
    const route = routes.find((one) => one.verb === verb);
    if (!route) throw new ControlError(routes.length > 0 ? 405 : 404, [`no ${verb} ${path}`]);
    return await route.handler({ ...request, params: route.pattern.exec(path)?.slice(1) ?? [] });
  } catch (error) {
    if (error instanceof ControlError) return { status: error.status, json: { faults: error.faults } };
    return { status: 500, json: { faults: [String(error)] } };
  }
}

function reset({ sim }: ControlRequest): ControlResponse {
  sim.reset();
  return { json: {} };
}
