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
  [Store, AcceptOperations, QueryResponder],
  handlersOf,
);

function handlersOf(
  { fleet }: Store,
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
    listMiniPrograms: (request, call) => listMiniPrograms(fleet, request, call.signal(), call.visible()),
    getMiniProgram: ({ appid }, call) => find(appid, call.signal()),
    getFleetSummary: (request, call) => summaries.of(request, call.visible()),
    async refreshMiniProgram(request, { call }) {
      await responder.respond('RefreshMiniProgram', call, (options) =>
        operations.accept('RefreshMiniProgram', request, options),
      );
      return find(request.appid);
    },
  };
}
