import { TokenStore } from '@wxa/authorizers';
import { FleetService } from '@wxa/contracts';
import { Store } from '@wxa/store';
import { AcceptOperations } from '../accept/accept-operations.js';
import { rpcError } from '../errors/rpc-error.js';
import { FleetSummaries } from '../fleet/fleet-summary.js';
import { FLEET_RULES, listMiniPrograms } from '../fleet/list-mini-programs.js';
import { toMiniProgram } from '../fleet/to-mini-program.js';
import { QueryResponder } from './query-responder.js';
import { controllerOf, type Handlers } from './service.js';

/** The Fleet service. */
export const FleetController = controllerOf(
  FleetService,
  // The rules of RefreshMiniProgram are those of its method, which its acceptance checks.
  { ...FLEET_RULES, refreshMiniProgram: [] },
  [Store, TokenStore, AcceptOperations, QueryResponder],
  handlersOf,
);

function handlersOf(
  { fleet }: Store,
  tokens: TokenStore | null,
  operations: AcceptOperations,
  responder: QueryResponder,
): Handlers<typeof FleetService> {
  const summaries = new FleetSummaries(fleet);
  const find = async (appid: string, signal?: AbortSignal) => {
    const found = await fleet.get(appid, signal);
    if (found !== undefined) return toMiniProgram(found);
    throw rpcError(
      'MINI_PROGRAM_NOT_FOUND',
      `${appid} not found: it never authorized the platform, or was removed`,
    );
  };
  return {
    before: () => {
      if (tokens === null)
        throw rpcError(
          'TOKEN_SOURCE_NOT_COMPONENT',
          'WECHAT_TOKEN_SOURCE is not component: this service does not know the mini-programs',
        );
    },
    listMiniPrograms: (request, call) => listMiniPrograms(fleet, request, call.signal(), call.visible()),
    getMiniProgram: ({ appid }, call) => find(appid, call.signal()),
    getFleetSummary: ({ labels }, call) => summaries.of(labels, call.visible()),
    async refreshMiniProgram(request, { call }) {
      await responder.respond('RefreshMiniProgram', call, (options) =>
        operations.accept('RefreshMiniProgram', request, options),
      );
      return find(request.appid);
    },
  };
}
