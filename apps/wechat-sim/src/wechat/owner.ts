import type { Simulator } from '../simulator.js';
import type { Api } from './api-table.js';

/** For whom a call is made, or the errcode its token is refused with. */
export function ownerOf(
  { tokens, componentMode }: Simulator,
  api: Api,
  query: URLSearchParams,
): string | number {
  // WeChat's older pages name it otherwise for the component APIs.
  const token = query.get('access_token') ?? query.get('component_access_token');
  if (!componentMode) return tokens.check(token, Date.now());
  const { component } = componentMode;
  return api.token === 'none' ? component.appid : component.admit(token, api, Date.now());
}

/** The mini-program a component API is asked about, by which faults and ledger know the call; else its owner. */
export function subjectOf(owner: string, api: Api, body: string): string {
  const [, named] = (api.token && /"authorizer_appid"\s*:\s*"(wx[0-9a-f]{16})"/.exec(body)) || [];
  return named ?? owner;
}
