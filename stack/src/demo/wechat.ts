import { equal, ok } from 'node:assert/strict';
import { AuditCompleted, type Authorizer, AuthorizerState } from '@wxa/contracts';
import type { SimControl } from '@wxa/wechat-sim';
import { waitUntil } from '../processes/wait.js';
import type { Stage } from './stage.js';

// What WeChat and the admin of the mini-program do, through the simulator's control API.

const CALLBACK_MS = 15_000;

/** The worker requests the ticket at its start, and with the ticket the component token. */
export async function receiveTicket(stage: Stage): Promise<void> {
  const hasToken = async () => {
    const calls = await stage.sim.calls({ api: 'cgi-bin/component/api_component_token' });
    ok(calls.some(({ effect }) => effect));
  };
  const work = () => waitUntil(hasToken, { name: 'The component token', timeoutMs: CALLBACK_MS });
  const describe = () => ['stored; the worker has obtained the component token with it'];
  await stage.step('WeChat', 'sends the platform its ticket, encrypted and signed', work, describe);
}

export async function authorizeCustomer(stage: Stage): Promise<void> {
  const { appid } = stage;
  const fields = { redirectUri: 'https://platform.example/authorized', authorizerAppid: appid };
  const { preAuthCode } = await stage.query('CreateAuthorizationLink', `for ${appid}`, fields, ({ url }) => [
    `${url.slice(0, url.indexOf('?'))}?…`,
  ]);
  const work = async () => {
    await stage.sim.authorize(appid, { preAuthCode });
    return untilState(stage, AuthorizerState.AUTHORIZER_STATE_AUTHORIZED);
  };
  const describe = (one: Authorizer) => [`AUTHORIZED, permission sets ${one.permissionSets.join(', ')}`];
  await stage.step('WeChat', 'the admin follows it and authorizes the platform', work, describe);
}

export async function withdrawAuthorization(stage: Stage): Promise<void> {
  const work = async () => {
    await stage.sim.unauthorize(stage.appid);
    return untilState(stage, AuthorizerState.AUTHORIZER_STATE_UNAUTHORIZED);
  };
  await stage.step('WeChat', 'the admin withdraws the authorization', work, () => ['UNAUTHORIZED']);
}

/** Waits for the event of an audit's end, after `decision` if one is given. */
export async function auditEvent(
  stage: Stage,
  auditId: bigint,
  what: string,
  decision?: Parameters<SimControl['decide']>[1],
): Promise<void> {
  const work = async () => {
    if (decision) await stage.sim.decide(stage.appid, decision);
    return stage.topics.find('AuditCompleted', AuditCompleted.fromJSON, (event) => event.auditId === auditId);
  };
  await stage.step('WeChat', what, work, ({ result, reasons }) => [
    `AuditCompleted: ${auditId} ${result.replace('AUDIT_RESULT_', '')}`,
    ...reasons.flatMap(({ title, details }) => [title, ...details.map((detail) => `· ${detail}`)]),
  ]);
}

function untilState({ gateway, appid }: Stage, state: AuthorizerState): Promise<Authorizer> {
  const isReached = async () => {
    const authorizer = await gateway.authorizers.getAuthorizer({ appid });
    equal(authorizer.state, state);
    equal(authorizer.tokenAge !== undefined, state === AuthorizerState.AUTHORIZER_STATE_AUTHORIZED);
    return authorizer;
  };
  return waitUntil(isReached, { name: 'The authorization', timeoutMs: CALLBACK_MS });
}
