import { z } from 'zod';
import { chineseDate } from '../mini-program/audits.js';
import { isGrayActive } from '../mini-program/gray.js';
import { auditDecision } from '../model/audit-rules.js';
import type { Audit, MiniProgram } from '../model/mini-program.js';
import { pushFields, pushXml } from '../push/push-xml.js';
import type { Simulator } from '../simulator.js';
import { appPatch, byHandBody, pushBody } from './control-bodies.js';
import {
  bodyAs,
  ControlError,
  type ControlRequest,
  type ControlResponse,
  knownAppid,
  queryAs,
} from './control-request.js';
import { changeSetup } from './setup-control.js';

/** GET /sim/token: stands for a platform's own token service. */
export function issueToken(request: ControlRequest): ControlResponse {
  const { appid, refresh } = queryAs(
    request,
    z.object({ appid: z.string().default(''), refresh: z.string().optional() }),
  );
  if (request.sim.componentMode) throw new ControlError(409, ['SIM_TOKEN_MODE is component']);
  return { json: request.sim.tokens.issue(knownAppid(appid), refresh === '1', Date.now()) };
}

/** GET /sim/apps/:appid */
export function readApp(request: ControlRequest): ControlResponse {
  return { json: readable(appOf(request)) };
}

/** What a test of many mini-programs compares. */
export interface AppOverview {
  appid: string;
  trialVersion: string;
  /** null before the first release. */
  liveVersion: string | null;
  /** The latest audit; null before the first submission. */
  audit: { auditId: string; status: Audit['status']; userVersion: string } | null;
  /** The share of a running or paused gray release, in percent; otherwise null. */
  grayPercentage: number | null;
}

/** GET /sim/apps: the mini-programs with a commit. */
export function listApps({ sim }: ControlRequest): ControlResponse {
  return { json: { apps: sim.allApps().flatMap((app) => overviewOf(app) ?? []) } };
}

function overviewOf(app: MiniProgram): AppOverview | null {
  const { appid, trial, live, gray } = app;
  if (!trial) return null;
  const audit = app.audits.at(-1);
  return {
    appid,
    trialVersion: trial.userVersion,
    liveVersion: live?.version.userVersion ?? null,
    audit: audit
      ? { auditId: String(audit.auditId), status: audit.status, userVersion: audit.version.userVersion }
      : null,
    grayPercentage: gray && isGrayActive(app) ? gray.percentage : null,
  };
}

/** PATCH /sim/apps/:appid */
export function changeApp(request: ControlRequest): ControlResponse {
  const app = appOf(request);
  const { undo, grayStatus, expireToken, endRefreshToken, setup, ...settings } = bodyAs(request, appPatch);
  if (grayStatus !== undefined && !app.gray) throw new ControlError(409, ['there is no gray release']);
  for (const [name, value] of Object.entries(settings))
    if (value !== undefined) Object.assign(app, { [name]: value });
  if (undo) useUndo(app, undo);
  if (setup) changeSetup(app, setup);
  if (app.gray && grayStatus !== undefined) app.gray.status = grayStatus;
  if (expireToken) expire(request.sim, app.appid);
  if (endRefreshToken) request.sim.componentMode?.component.endRefreshToken(app.appid, Date.now());
  return { json: readable(app) };
}

function expire({ componentMode, tokens }: Simulator, appid: string): void {
  if (componentMode) componentMode.component.expireToken(appid, Date.now());
  else tokens.expire(appid);
}

/** POST /sim/apps/:appid/audit */
export function decide(request: ControlRequest): ControlResponse {
  const { push, ...decision } = bodyAs(request, auditDecision);
  const audit = request.sim.auditor.decide(appOf(request), decision, push);
  if (!audit) throw new ControlError(409, ['no audit is open']);
  return { json: readable(audit) };
}

/** POST /sim/apps/:appid/by-hand: a change by the owner of the mini-program, which is no call of the platform. */
export function changeByHand(request: ControlRequest): ControlResponse {
  const { api, query, body } = bodyAs(request, byHandBody);
  const app = appOf(request);
  const { errcode, errmsg } = request.sim.execute(api, app, { query: new URLSearchParams(query), body });
  if (errcode !== 0) throw new ControlError(409, [`${api.name}: ${errcode} ${errmsg}`]);
  return { json: readable(app) };
}

/** POST /sim/apps/:appid/push: one attempt each, and the responses of the callback. */
export async function pushAtWill(request: ControlRequest): Promise<ControlResponse> {
  const { event, fields, times, mode, json } = bodyAs(request, pushBody);
  const app = appOf(request);
  if (!request.sim.pusher.isOn) throw new ControlError(409, ['SIM_CALLBACK_URL is not set']);
  const xml = json
    ? JSON.stringify(pushFields(app, event, Date.now(), fields))
    : pushXml(app, event, Date.now(), fields);
  const push = { appid: app.appid, event, xml, mode };
  return { json: await request.sim.pusher.sendTimes(push, times) };
}

function appOf({ sim, params }: ControlRequest): MiniProgram {
  return sim.app(knownAppid(params[0]));
}

/** Sets how many withdrawals of today and of this month are used. */
function useUndo(
  app: MiniProgram,
  used: { usedToday?: number | undefined; usedThisMonth?: number | undefined },
): void {
  const { usedToday = app.undo.usedToday, usedThisMonth = app.undo.usedThisMonth } = used;
  app.undo = { ...chineseDate(Date.now()), usedToday, usedThisMonth };
}

/** Ids as strings, so that no JSON parser rounds them. */
function readable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part)));
}
