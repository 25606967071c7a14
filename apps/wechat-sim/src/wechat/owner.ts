import type { ApiDefinition } from '../model/api.js';
import type { Simulator } from '../simulator.js';

/** The owner of a call's token, or the errcode with which it is rejected. */
export function tokenOwner(
  { tokens, componentMode }: Simulator,
  api: ApiDefinition,
  query: URLSearchParams,
): string | number {
  // WeChat's older pages use another name for the component APIs.
  const token = query.get('access_token') ?? query.get('component_access_token');
  if (!componentMode) return tokens.check(token, Date.now());
  const { component } = componentMode;
  return api.token === 'none' ? component.appid : component.admit(token, api, Date.now());
}

/**
 * The mini-program that a component API is called for, under which faults and ledger list the call; otherwise
 * its owner.
 */
export function subjectOf(owner: string, api: ApiDefinition, body: string): string {
  const [, named] = (api.token && /"authorizer_appid"\s*:\s*"(wx[0-9a-f]{16})"/.exec(body)) || [];
  return named ?? owner;
}
