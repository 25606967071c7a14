import { z } from 'zod';
import { chineseDate } from '../mini-program/audits.js';
import type { MiniProgram } from '../mini-program/mini-program.js';
import { pushXml } from '../push/push-xml.js';
import { APPID } from '../wechat/tokens.js';
import { appPatch, auditDecision, pushBody } from './control-bodies.js';
import {
  bodyAs,
  type ControlAnswer,
  ControlRefusal,
  type ControlRequest,
  queryAs,
} from './control-request.js';

/** GET /sim/token: the platform's own token service. */
export function issueToken(request: ControlRequest): ControlAnswer {
  const { appid, refresh } = queryAs(
    request,
    z.object({ appid: z.string().default(''), refresh: z.string().optional() }),
  );
  return { json: request.sim.tokens.issue(knownAppid(appid), refresh === '1', Date.now()) };
}

/** GET /sim/apps/:appid */
export function readApp(request: ControlRequest): ControlAnswer {
  return { json: readable(appOf(request)) };
}

/** PATCH /sim/apps/:appid */
export function changeApp(request: ControlRequest): ControlAnswer {
  const app = appOf(request);
  const { undo, grayStatus, expireToken, ...settings } = bodyAs(request, appPatch);
  if (grayStatus !== undefined && !app.gray) throw new ControlRefusal(409, ['there is no gray release']);
  for (const [name, value] of Object.entries(settings))
    if (value !== undefined) Object.assign(app, { [name]: value });
  if (undo) useUndo(app, undo);
  if (app.gray && grayStatus !== undefined) app.gray.status = grayStatus;
  if (expireToken) request.sim.tokens.expire(app.appid);
  return { json: readable(app) };
}

/** POST /sim/apps/:appid/audit */
export function decide(request: ControlRequest): ControlAnswer {
  const { push, ...verdict } = bodyAs(request, auditDecision);
  const audit = request.sim.auditor.decide(appOf(request), verdict, push);
  if (!audit) throw new ControlRefusal(409, ['no audit is open']);
  return { json: readable(audit) };
}

/** POST /sim/apps/:appid/push: one try each time, and what the callback answered. */
export async function pushAtWill(request: ControlRequest): Promise<ControlAnswer> {
  const { event, fields, times, mode } = bodyAs(request, pushBody);
  const app = appOf(request);
  if (!request.sim.pusher.isOn) throw new ControlRefusal(409, ['SIM_CALLBACK_URL is not set']);
  const push = { appid: app.appid, event, xml: pushXml(app, event, Date.now(), fields), mode };
  const answers = [];
  for (let time = 0; time < times; time += 1) answers.push(await request.sim.pusher.send(push));
  return { json: { ...answers.at(-1), answers } };
}

function appOf({ sim, params }: ControlRequest): MiniProgram {
  return sim.app(knownAppid(params[0] ?? ''));
}

function knownAppid(appid: string): string {
  if (!APPID.test(appid)) throw new ControlRefusal(404, ['an appid is wx and 16 lower-case hex digits']);
  return appid;
}

/** Sets what is used of today's and this month's withdrawals. */
function useUndo(
  app: MiniProgram,
  used: { usedToday?: number | undefined; usedThisMonth?: number | undefined },
): void {
  const { usedToday = app.undo.usedToday, usedThisMonth = app.undo.usedThisMonth } = used;
  app.undo = { ...chineseDate(Date.now()), usedToday, usedThisMonth };
}

/** Ids as strings, so that no JSON reader rounds them. */
function readable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part)));
}
