import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBody, splitUrl } from '../http-request.js';
import type { CallEntry } from '../ledger-entries.js';
import type { ApiDefinition } from '../model/api.js';
import type { MiniProgram } from '../model/mini-program.js';
import { type Outcome, reject } from '../model/outcome.js';
import type { Simulator } from '../simulator.js';
import { answerCall, NO_EFFECT, sendOutcome } from './answers.js';
import { findApi, withAction } from './api-table.js';
import { checkRequest } from './check-request.js';
import type { Fault } from './faults.js';
import { subjectOf, tokenOwner } from './owner.js';

/** Responds as WeChat does: token, limits, faults, the checks of the request, then the API itself. */
export async function serveWechat(sim: Simulator, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { path, rawQuery } = splitUrl(req.url);
  const query = new URLSearchParams(rawQuery);
  const found = findApi(sim.apis, path, query);
  if (!found) return void sendOutcome(res, reject(40066));
  const owner = tokenOwner(sim, found, query);
  const entry = begin(sim, { api: found, req, rawQuery, owner });
  const end = (errcode: number | null) => sim.ledger.endCall(entry, errcode);
  res.once('close', () => end(null));
  const body = await readBody(req);
  if (body === undefined) return;
  sim.ledger.setBody(entry, body);
  if (typeof owner === 'number') return end(sendOutcome(res, reject(owner)));
  const api = withAction(found, body);
  entry.appid = subjectOf(owner, api, body);
  if (api.kind === 'change') sim.ledger.beginChange(entry);
  end(await serveApp(sim, { api, req, res, query, body, entry, app: sim.app(owner) }));
}

function begin(
  sim: Simulator,
  call: { api: ApiDefinition; req: IncomingMessage; rawQuery: string; owner: string | number },
): CallEntry {
  const { api, req, rawQuery, owner } = call;
  const request = {
    appid: typeof owner === 'string' ? owner : null,
    api: api.name,
    verb: req.method ?? '',
    query: withoutToken(rawQuery),
    contentType: req.headers['content-type'] ?? null,
  };
  return sim.ledger.beginCall(request);
}

function withoutToken(rawQuery: string): string {
  const pairs = rawQuery.split('&');
  return pairs.filter((pair) => !/^(component_)?access_token=/.test(pair)).join('&');
}

interface AppCall {
  api: ApiDefinition;
  req: IncomingMessage;
  res: ServerResponse;
  query: URLSearchParams;
  body: string;
  entry: CallEntry;
  app: MiniProgram;
}

/** Returns the errcode that the caller can read, or null. */
async function serveApp(sim: Simulator, call: AppCall): Promise<number | null> {
  const { api, res, entry, app } = call;
  const overLimit = sim.limits.take(api.name, app.appid, Date.now());
  if (overLimit !== 0) return sendOutcome(res, reject(overLimit));
  const fault = sim.faults.take(api.name, entry.appid ?? app.appid);
  entry.fault = fault?.id ?? null;
  const waitMs = sim.config.latencyMs + (fault?.spec.ms ?? 0);
  if (waitMs > 0) await sleep(waitMs);
  if (fault && fault.spec.kind !== 'latency') return serveFault(sim, call, fault);
  return answerCall(res, run(sim, call));
}

/**
 * A held call continues when released; every other kind responds in its own way, with or without the effect.
 */
async function serveFault(sim: Simulator, call: AppCall, fault: Fault): Promise<number | null> {
  const { kind, when, releasedAs } = fault.spec;
  const holds = kind === 'hang';
  if (holds && when === 'before') await fault.hold();
  const outcome = holds || when === 'after' ? run(sim, call) : NO_EFFECT;
  if (holds && when === 'after') await fault.hold();
  return answerCall(call.res, outcome, holds ? releasedAs : kind, fault.spec);
}

function run(sim: Simulator, { api, req, query, body, entry, app }: AppCall): Outcome {
  const wasReset = sim.app(app.appid) !== app;
  if (wasReset) return reject(-1);
  const checked = checkRequest(api, req.method ?? '', body);
  if (typeof checked === 'number') return reject(checked);
  const outcome = sim.execute(api, app, { query, body: checked });
  if (outcome.effect) sim.ledger.setEffect(entry, outcome.effect);
  return outcome;
}
