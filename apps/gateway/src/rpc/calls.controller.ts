import {
  CallsService,
  type ListedCall as ListedCallMessage,
  type ListListedCallsResponse,
  METHODS,
  type Method,
  problem,
  serviceOf,
  WechatCall,
  WechatCallEffect,
  type WechatCallRequest,
} from '@wxa/contracts';
import type { ListedCall, Policy } from '@wxa/policy';
import type { Store } from '@wxa/store';
import { AcceptOperations } from '../accept/accept-operations.js';
import { callerOf } from '../callers/caller-of.js';
import { invalidRequest, type RpcError, rpcError } from '../errors/rpc-error.js';
import { QueryResponder } from './query-responder.js';
import { controllerOf, type RpcCall } from './service.js';

/** The message's effects of those of the policy file. */
const EFFECTS = {
  none: WechatCallEffect.WECHAT_CALL_EFFECT_NONE,
  set: WechatCallEffect.WECHAT_CALL_EFFECT_SET,
  once: WechatCallEffect.WECHAT_CALL_EFFECT_ONCE,
};

/** The service Calls. Without a policy, no call is listed. */
export const CallsController = controllerOf(
  CallsService,
  // What an entry demands is checked with the entry.
  { queryWechat: [], changeWechat: [] },
  [AcceptOperations, QueryResponder],
  (operations: AcceptOperations, responder: QueryResponder) => {
    const respond = (
      method: 'QueryWechat' | 'ChangeWechat',
      request: WechatCallRequest,
      { call, metadata }: RpcCall,
    ) => {
      const entry = callerOf(metadata)?.policy.calls.get(request.call);
      const refused = refusalOf(method, request, entry);
      if (refused !== undefined || entry === undefined) throw refused;
      const { api, componentToken } = entry;
      const of = { api, componentToken, isGet: entry.http === 'GET', effect: EFFECTS[entry.effect] };
      return responder.respond(
        method,
        call,
        (options) => {
          const appid = request.appid || (componentToken ? (options.componentAppid ?? '') : '');
          const given = WechatCall.fromPartial({ ...request, appid });
          return operations.accept(method, { ...given, ...of }, { ...options, listed: { given, api } });
        },
        { cancelIfAbandoned: request.requestId === '', api },
      );
    };
    return {
      queryWechat: (request, call) => respond('QueryWechat', request, call) as never,
      changeWechat: (request, call) => respond('ChangeWechat', request, call) as never,
    };
  },
);

function refusalOf(
  method: 'QueryWechat' | 'ChangeWechat',
  request: WechatCallRequest,
  entry: ListedCall | undefined,
): RpcError | undefined {
  if (entry === undefined)
    return rpcError(
      'CALL_NOT_LISTED',
      `the policy lists no call ${JSON.stringify(request.call.slice(0, 40))}`,
    );
  if ((entry.effect === 'none') !== (method === 'QueryWechat'))
    return rpcError('CALL_EFFECT_MISMATCH', `the call ${entry.name} has the effect ${entry.effect}`);
  const unlisted = Object.keys(request.query).filter((parameter) => !entry.query.includes(parameter));
  const violations = unlisted.map((parameter) => ({
    ...problem('NAME_NOT_ALLOWED'),
    field: `query.${parameter.slice(0, 40)}`,
  }));
  return violations.length > 0 ? invalidRequest(violations) : undefined;
}

const OF_CALLS = (Object.keys(METHODS) as Method[]).filter((method) => serviceOf(method) === 'Calls');

/** The listed calls of a policy, with who may make them and who did. @param policy undefined without one: then there are none. */
export async function listListedCalls(
  store: Pick<Store, 'operations'>,
  policy: Pick<Policy, 'calls' | 'callersOf'> | undefined,
  signal: AbortSignal,
): Promise<ListListedCallsResponse> {
  if (policy === undefined || policy.calls.size === 0) return { calls: [] };
  const uses = await store.operations.listedCallUses(OF_CALLS, signal);
  const toMessage = ({ name, api, http, effect, componentToken, query }: ListedCall): ListedCallMessage => ({
    ...{ name, api, componentToken, query: [...query], callers: policy.callersOf(name) },
    isGet: http === 'GET',
    effect: EFFECTS[effect],
    uses: uses.filter(({ call }) => call === name),
  });
  return { calls: [...policy.calls.values()].map(toMessage) };
}
