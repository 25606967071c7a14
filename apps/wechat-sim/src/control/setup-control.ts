import type { z } from 'zod';
import { chineseDate } from '../mini-program/audits.js';
import type { MiniProgram } from '../model/mini-program.js';
import type { Platform } from '../model/platform.js';
import { type Filing, newInterface, type Setup } from '../model/setup.js';
import { pushXml } from '../push/push-xml.js';
import type { PushPlan } from '../push/pusher.js';
import { decideInterface } from '../setup/interfaces.js';
import type { Simulator } from '../simulator.js';
import {
  bodyAs,
  ControlError,
  type ControlRequest,
  type ControlResponse,
  knownAppid,
} from './control-request.js';
import { filingBody, interfaceBody, type PlatformSetupPatch, type setupPatch } from './setup-bodies.js';

/** The `setup` of PATCH /sim/apps/:appid. */
export function changeSetup({ setup }: MiniProgram, patch: z.output<typeof setupPatch>): void {
  const { domainChangesUsed: used, ownerDomains, interfaces, ...settings } = patch;
  Object.assign(setup, given(settings));
  if (used !== undefined) setup.domainChanges = { month: chineseDate(Date.now()).month, used };
  if (ownerDomains) {
    Object.assign(setup.domains.byOwner, ownerDomains);
    Object.assign(setup.domains.effective, ownerDomains);
  }
  for (const { api_name, status } of interfaces ?? []) interfaceOf(setup, api_name).status = status;
}

function interfaceOf({ interfaces }: Setup, apiName: string) {
  const known = interfaces.find(({ api_name }) => api_name === apiName);
  if (known) return known;
  const added = newInterface(apiName);
  interfaces.push(added);
  return added;
}

/** The part of PATCH /sim/platform that concerns the setup of mini-programs. */
export function changePlatformSetup(platform: Platform, patch: PlatformSetupPatch): void {
  const { serverDomains, webviewDomains, domainChangesUsed: used, ...settings } = patch;
  Object.assign(platform, given(settings));
  const { domains } = platform;
  if (serverDomains !== undefined) domains.server = listOf(serverDomains);
  if (webviewDomains !== undefined) domains.webview = listOf(webviewDomains);
  if (used !== undefined) domains.changes = { month: chineseDate(Date.now()).month, used };
}

function listOf(domains: string[] | null) {
  return { published: domains, testing: domains ?? [] };
}

function given(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** POST /sim/apps/:appid/filing: the filing changes, and the platform gets its event. */
export function changeFiling(request: ControlRequest): ControlResponse {
  const { status, isCanceling: is_canceling, refused: audit_data, push } = bodyAs(request, filingBody);
  const app = appOf(request);
  setFiling(request.sim, app, { status, is_canceling, audit_data }, push);
  return { json: app.setup.filing };
}

/** The owner files, or the filing is decided. */
export function setFiling(
  { componentMode }: Pick<Simulator, 'componentMode'>,
  { setup, appid }: MiniProgram,
  filing: Pick<Filing, 'status'> & Partial<Filing>,
  push?: PushPlan,
): void {
  setup.filing = { is_canceling: false, audit_data: [], ...filing };
  const fields = { authorizer_appid: appid, beian_status: filing.status };
  const tickets = componentMode?.tickets;
  void tickets?.send(tickets.push(appid, 'notify_apply_icpfiling_result', fields), push);
}

/** POST /sim/apps/:appid/interfaces: WeChat decides the application for an interface, and sends its event. */
export function decideApplication(request: ControlRequest): ControlResponse {
  const { push = {}, ...decision } = bodyAs(request, interfaceBody);
  const app = appOf(request);
  const now = Date.now();
  const result_info = decideInterface(app, decision, now);
  if (!result_info) throw new ControlError(409, ['no application for this interface is in review']);
  const event = 'wxa_privacy_apply';
  const xml = pushXml(app, event, now, { result_info });
  void request.sim.pusher.deliver({ appid: app.appid, event, xml }, push);
  return { json: app.setup.interfaces };
}

function appOf({ sim, params }: ControlRequest): MiniProgram {
  return sim.app(knownAppid(params[0]));
}
