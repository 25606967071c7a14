import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, splitUrl } from '../http-request.js';
import { countedRules } from '../model/audit-rules.js';
import type { Simulator } from '../simulator.js';
import type { Fault } from '../wechat/faults.js';
import { changeApp, changeByHand, decide, issueToken, listApps, pushAtWill, readApp } from './app-control.js';
import { changeCallbackUrl, changeTestUrl, publish } from './callback-urls.js';
import {
  authorize,
  authorizeMany,
  changeComponent,
  pushOfComponent,
  readAuthorization,
  showComponent,
  unauthorize,
} from './component-control.js';
import { callbackLoadBody, faultBody, ledgerQuery, limitsBody, platformPatch } from './control-bodies.js';
import {
  bodyAs,
  ControlError,
  type ControlRequest,
  type ControlResponse,
  queryAs,
} from './control-request.js';
import { checkPublishing } from './publish-check.js';
import { changeFiling, changePlatformSetup, decideApplication } from './setup-control.js';

type Handler = (request: ControlRequest) => ControlResponse | Promise<ControlResponse>;

/** The routes of the control API; `:x` matches one segment of the path. */
const ROUTES: readonly (readonly [verb: string, path: string, handler: Handler])[] = [
  ['GET', '/sim/healthz', () => ({ json: { ok: true } })],
  ['GET', '/sim/token', issueToken],
  ['GET', '/sim/apps', listApps],
  ['GET', '/sim/apps/:appid', readApp],
  ['PATCH', '/sim/apps/:appid', changeApp],
  ['POST', '/sim/apps/:appid/audit', decide],
  ['POST', '/sim/apps/:appid/by-hand', changeByHand],
  ['POST', '/sim/apps/:appid/push', pushAtWill],
  ['POST', '/sim/apps/:appid/filing', changeFiling],
  ['POST', '/sim/apps/:appid/interfaces', decideApplication],
  ['GET', '/sim/platform', ({ sim }) => ({ json: sim.platform })],
  ['PATCH', '/sim/platform', changePlatform],
  ['GET', '/sim/apps/:appid/authorization', readAuthorization],
  ['POST', '/sim/apps/:appid/authorization', authorize],
  ['DELETE', '/sim/apps/:appid/authorization', unauthorize],
  ['POST', '/sim/authorize', authorizeMany],
  ['GET', '/sim/component', showComponent],
  ['PATCH', '/sim/component', changeComponent],
  ['POST', '/sim/component/push', pushOfComponent],
  ['POST', '/sim/publish-check', checkPublishing],
  ['POST', '/sim/load', startLoad],
  ['GET', '/sim/load', ({ sim }) => ({ json: sim.load.view() })],
  ['GET', '/sim/load/results', readLoadResults],
  ['DELETE', '/sim/load', stopLoad],
  ['PUT', '/sim/callback-url', changeCallbackUrl],
  ['PUT', '/sim/test-callback-url', changeTestUrl],
  ['POST', '/sim/publish', publish],
  ['POST', '/sim/faults', addFault],
  [
    'GET',
    '/sim/faults',
    ({ sim }) => ({ json: { faults: sim.faults.list().map((fault) => fault.status()) } }),
  ],
  ['DELETE', '/sim/faults', ({ sim }) => emptied(sim.faults)],
  ['GET', '/sim/faults/:id', (request) => ({ json: faultOf(request).status() })],
  [
    'DELETE',
    '/sim/faults/:id',
    (request) => ({ json: { removed: request.sim.faults.remove(faultOf(request).id) } }),
  ],
  // Lets the calls that the fault holds continue.
  ['POST', '/sim/faults/:id/release', (request) => ({ json: { released: faultOf(request).release() } })],
  ['PUT', '/sim/limits', setLimits],
  ['GET', '/sim/limits', ({ sim }) => ({ json: sim.limits.get() })],
  ['GET', '/sim/ledger', readLedger],
  ['DELETE', '/sim/ledger', ({ sim }) => emptied(sim.ledger)],
  [
    'GET',
    '/sim/ledger/summary',
    ({ sim, query }) => ({ json: sim.ledger.summary.read(query.get('appid') ?? undefined) }),
  ],
  [
    'GET',
    '/sim/ledger/calls',
    ({ sim, query }) => ({ json: sim.ledger.summary.callCounts(query.get('appid') ?? undefined) }),
  ],
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

function changePlatform(request: ControlRequest): ControlResponse {
  const { platform } = request.sim;
  const { auditQuota, auditSampling, auditRules, deletedTemplates, ...setup } = bodyAs(
    request,
    platformPatch,
  );
  Object.assign(platform.auditQuota, auditQuota);
  Object.assign(platform.auditSampling, auditSampling);
  if (auditRules) platform.auditRules = countedRules(auditRules);
  if (deletedTemplates) platform.deletedTemplates = deletedTemplates;
  changePlatformSetup(platform, setup);
  return { json: platform };
}

function startLoad(request: ControlRequest): ControlResponse {
  const { load, pusher } = request.sim;
  if (!pusher.isOn) throw new ControlError(409, ['SIM_CALLBACK_URL is not set']);
  load.start(bodyAs(request, callbackLoadBody));
  return { status: 201, json: load.view() };
}

function stopLoad({ sim: { load } }: ControlRequest): ControlResponse {
  load.stop();
  return { json: load.view() };
}

/** `next` is the `after` of the next page. */
function readLoadResults(request: ControlRequest): ControlResponse {
  const { after, limit } = queryAs(request, ledgerQuery);
  const results = request.sim.load.ended(after, limit);
  return { json: { results, next: after + results.length } };
}

function addFault(request: ControlRequest): ControlResponse {
  return { status: 201, json: request.sim.faults.add(bodyAs(request, faultBody)).status() };
}

function faultOf({ sim, params }: ControlRequest): Fault {
  const fault = sim.faults.get(params[0] ?? '');
  if (!fault) throw new ControlError(404, ['no such fault']);
  return fault;
}

function setLimits(request: ControlRequest): ControlResponse {
  request.sim.limits.set(bodyAs(request, limitsBody));
  return { json: request.sim.limits.get() };
}

/** `next` is the `after` of the next page. */
function readLedger(request: ControlRequest): ControlResponse {
  const wanted = queryAs(request, ledgerQuery);
  const entries = request.sim.ledger.read(wanted);
  return { json: { entries, next: entries.at(-1)?.seq ?? wanted.after } };
}

function reset({ sim }: ControlRequest): ControlResponse {
  sim.reset();
  return { json: {} };
}

function emptied(part: { clear(): void }): ControlResponse {
  part.clear();
  return { json: {} };
}
