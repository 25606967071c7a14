import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseExact } from '../exact-json.js';
import type { CallEntry } from '../ledger.js';
import type { MiniProgram } from '../mini-program/mini-program.js';
import { type Outcome, refuse } from '../mini-program/outcome.js';
import { readBody } from '../request-body.js';
import type { Simulator } from '../simulator.js';
import { answer, NOTHING_DONE, sendOutcome } from './answers.js';
import { type Api, findApi } from './api-table.js';
import type { Call } from './call.js';
import type { Fault } from './faults.js';

/** Answers what WeChat would: token, limits, faults, the checks of the request, then the API itself. */
export async function serveWechat(sim: Simulator, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [path = '', rawQuery = ''] = (req.url ?? '').split('?', 2);
  const query = new URLSearchParams(rawQuery);
  const api = findApi(path, query);
  if (!api) return void sendOutcome(res, refuse(40066));
  const owner = sim.tokens.check(query.get('access_token'), Date.now());
  const entry = begin(sim, { api, req, res, rawQuery, owner });
  const body = await readBody(req);
  if (body === undefined) return;
  sim.ledger.setBody(entry, body);
  if (typeof owner === 'number') entry.errcode = sendOutcome(res, refuse(owner));
  else await serveApp(sim, { api, req, res, query, body, entry, app: sim.app(owner) });
}

function begin(
  sim: Simulator,
  call: { api: Api; req: IncomingMessage; res: ServerResponse; rawQuery: string; owner: string | number },
): CallEntry {
  const { api, req, res, rawQuery, owner } = call;
  const isChange = api.kind === 'change';
  const query = rawQuery
    .split('&')
    .filter((pair) => !pair.startsWith('access_token='))
    .join('&');
  const appid = typeof owner === 'string' ? owner : null;
  const contentType = req.headers['content-type'] ?? null;
  const entry = sim.ledger.beginCall(
    { appid, api: api.name, verb: req.method ?? '', query, contentType },
    isChange,
  );
  res.once('close', () => sim.ledger.endCall(entry, isChange));
  return entry;
}

interface AppCall {
  api: Api;
  req: IncomingMessage;
  res: ServerResponse;
  query: URLSearchParams;
  body: string;
  entry: CallEntry;
  app: MiniProgram;
}

async function serveApp(sim: Simulator, call: AppCall): Promise<void> {
  const { api, res, entry, app } = call;
  const overLimit = sim.limits.take(api.name, app.appid, Date.now());
  if (overLimit !== 0) {
    entry.errcode = sendOutcome(res, refuse(overLimit));
    return;
  }
  const fault = sim.faults.strike(api.name, app.appid);
  if (fault) entry.fault = fault.id;
  const waitMs = sim.config.latencyMs + (fault?.spec.ms ?? 0);
  if (waitMs > 0) await sleep(waitMs);
  if (fault && fault.spec.kind !== 'latency') return serveFault(sim, call, fault);
  entry.errcode = answer(res, run(sim, call));
}

/** A held call goes on when released; every other kind answers in its own way, with or without the effect. */
async function serveFault(sim: Simulator, call: AppCall, fault: Fault): Promise<void> {
  const { kind, when, releasedAs } = fault.spec;
  const holds = kind === 'hang';
  if (holds && when === 'before') await fault.hold();
  const outcome = holds || when === 'after' ? run(sim, call) : NOTHING_DONE;
  if (holds && when === 'after') await fault.hold();
  call.entry.errcode = answer(call.res, outcome, holds ? releasedAs : kind, fault.spec);
}

function run(sim: Simulator, { api, req, query, body, entry, app }: AppCall): Outcome {
  const checked = checkRequest(api, req.method ?? '', body);
  if (typeof checked === 'number') return refuse(checked);
  const { undoPerDay: perDay, undoPerMonth: perMonth } = sim.config;
  const outcome = api.run(app, { query, body: checked, now: Date.now(), undoQuota: { perDay, perMonth } });
  if (outcome.effect) sim.ledger.setEffect(entry, outcome.effect);
  if (outcome.opened) sim.auditor.opened(app, outcome.opened);
  return outcome;
}

/** The body as an object, or the errcode: 43001 / 43002 verb, 44002 nothing sent, 47001 not a JSON object. */
function checkRequest(api: Api, verb: string, body: string): Call['body'] | number {
  if (verb !== api.verb) return api.verb === 'GET' ? 43001 : 43002;
  if (verb === 'GET') return {};
  if (body.trim() === '') return 44002;
  try {
    const value = parseExact(body);
    return isObject(value) ? value : 47001;
  } catch {
    return 47001;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
