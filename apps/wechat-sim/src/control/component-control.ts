import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { SimComponent } from '../component/component.js';
import type { Tickets } from '../component/tickets.js';
import { clearGuide } from '../model/setup.js';
import { NOT_FILED } from '../setup/account.js';
import {
  authorizationBody,
  authorizeManyBody,
  componentPatch,
  pushBody,
  withdrawalBody,
} from './control-bodies.js';
import {
  bodyAs,
  ControlError,
  type ControlRequest,
  type ControlResponse,
  knownAppid,
} from './control-request.js';
import { setFiling } from './setup-control.js';

type Owners = z.output<typeof authorizeManyBody>;

const FILED = 6;

/** GET /sim/component */
export function showComponent(request: ControlRequest): ControlResponse {
  const { component } = platformOf(request);
  const { appid, settings } = component;
  return { json: { appid, ...settings, authorizations: component.all() } };
}

/** PATCH /sim/component */
export function changeComponent(request: ControlRequest): ControlResponse {
  const { component, tickets } = platformOf(request);
  const { expireToken, expireTickets, ...settings } = bodyAs(request, componentPatch);
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  Object.assign(component.settings, Object.fromEntries(given));
  if (settings.ticketIntervalMs !== undefined) tickets.run();
  if (expireToken) component.expireToken(component.appid, Date.now());
  if (expireTickets) component.expireTickets(Date.now());
  return showComponent(request);
}

/** POST /sim/component/push: one attempt each, and the responses of the callback. */
export async function pushOfComponent(request: ControlRequest): Promise<ControlResponse> {
  const { component, tickets } = platformOf(request);
  const { event, fields, times, mode } = bodyAs(request, pushBody);
  if (!request.sim.pusher.isOn) throw new ControlError(409, ['SIM_CALLBACK_URL is not set']);
  const push = { ...tickets.push(component.appid, event, fields), mode };
  return { json: await request.sim.pusher.sendTimes(push, times) };
}

/** GET /sim/apps/:appid/authorization */
export function readAuthorization(request: ControlRequest): ControlResponse {
  const authorization = platformOf(request).component.authorization(knownAppid(request.params[0]));
  if (!authorization) throw new ControlError(404, ['the mini-program has not authorized']);
  return { json: authorization };
}

/** POST /sim/apps/:appid/authorization: the customer authorizes, or changes the authorization. */
export function authorize(request: ControlRequest): ControlResponse {
  const { component, tickets } = platformOf(request);
  const appid = knownAppid(request.params[0]);
  const { permissionSets, preAuthCode, push } = bodyAs(request, authorizationBody);
  const now = Date.now();
  if (preAuthCode !== undefined && !component.consumePreAuthCode(preAuthCode, now))
    throw new ControlError(409, ['the pre-auth code is used, expired or unknown']);
  const event = eventOf(component.authorization(appid)?.permissionSets, permissionSets);
  if (event === 'authorized') clearGuide(request.sim.app(appid).setup);
  const { code, expiresAt } = component.authorize(appid, permissionSets, now);
  const fields = authorizedFields(appid, code, expiresAt, preAuthCode);
  if (event) void tickets.send(tickets.push(appid, event, fields), push);
  return { status: 201, json: { appid, event, authorizationCode: code, expiresAt } };
}

/** POST /sim/authorize: many customers authorize at once. */
export function authorizeMany(request: ControlRequest): ControlResponse {
  const { component, tickets } = platformOf(request);
  const { count, permissionSets, officialAccounts, listedWithoutToken, push, ...owners } = bodyAs(
    request,
    authorizeManyBody,
  );
  const now = Date.now();
  const appids = Array.from({ length: count }, () => `wx${randomBytes(8).toString('hex')}`);
  prepareOwners(request, appids, owners);
  for (const [i, appid] of appids.entries()) {
    const isOfficialAccount = i < officialAccounts;
    const isListedWithoutToken = !isOfficialAccount && i < officialAccounts + listedWithoutToken;
    const kind = { isOfficialAccount, isListedWithoutToken };
    const { code, expiresAt } = component.authorizeAs(kind, appid, permissionSets, now);
    const fields = authorizedFields(appid, code, expiresAt);
    void tickets.send(tickets.push(appid, 'authorized', fields), push);
  }
  return { status: 201, json: { appids } };
}

/** Some owners have no category yet, the last ones have not filed, which they may do later. */
function prepareOwners(
  { sim }: ControlRequest,
  appids: string[],
  { withoutCategory, unfiled, fileAfterMs }: Pick<Owners, 'withoutCategory' | 'unfiled' | 'fileAfterMs'>,
): void {
  const late = appids.slice(Math.max(0, appids.length - unfiled));
  const others = appids.slice(0, appids.length - late.length);
  for (const appid of others.slice(Math.max(0, others.length - withoutCategory)))
    sim.app(appid).categories = [];
  for (const appid of late) {
    const app = sim.app(appid);
    setFiling(sim, app, { status: NOT_FILED }, { none: true });
    if (fileAfterMs !== undefined)
      sim.timers.after(fileAfterMs, () => setFiling(sim, app, { status: FILED }));
  }
}

export function authorizedFields(appid: string, code: string, expiresAt: number, preAuthCode = '') {
  return {
    AuthorizerAppid: appid,
    AuthorizationCode: code,
    AuthorizationCodeExpiredTime: Math.floor(expiresAt / 1000),
    PreAuthCode: preAuthCode,
  };
}

/** WeChat sends no callback if the permission sets are unchanged. */
function eventOf(before: number[] | undefined, after: number[]): 'authorized' | 'updateauthorized' | null {
  if (!before) return 'authorized';
  return `${[...before].sort()}` === `${[...after].sort()}` ? null : 'updateauthorized';
}

/** DELETE /sim/apps/:appid/authorization: the customer withdraws the authorization. */
export function unauthorize(request: ControlRequest): ControlResponse {
  const { component, tickets } = platformOf(request);
  const appid = knownAppid(request.params[0]);
  const { push } = bodyAs(request, withdrawalBody);
  if (!component.unauthorize(appid)) throw new ControlError(409, ['the mini-program has not authorized']);
  void tickets.send(tickets.push(appid, 'unauthorized', { AuthorizerAppid: appid }), push);
  return { json: { appid } };
}

export function platformOf({ sim }: ControlRequest): { component: SimComponent; tickets: Tickets } {
  const { componentMode } = sim;
  if (!componentMode) throw new ControlError(409, ['SIM_TOKEN_MODE is not component']);
  return componentMode;
}
