import { FleetService, type FleetSummary } from '@wxa/contracts';
import { Store } from '@wxa/store';
import { AcceptOperations, type AcceptOptions } from '../accept/accept-operations.js';
import { RecentAnswers } from '../await/recent-answers.js';
import { rpcError } from '../errors/rpc-error.js';
import { FLEET_RULES, listMiniPrograms } from '../fleet/list-mini-programs.js';
import { toMiniProgram, toSummary } from '../fleet/to-mini-program.js';
import { QueryResponder } from './query-responder.js';
import { controllerOf, type Handlers } from './service.js';

const SUMMARY_AGE_MS = 1_000;

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
  const summaries = new RecentAnswers<FleetSummary>(SUMMARY_AGE_MS);
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
    getFleetSummary: ({ labels, byLabel }, call) =>
      summaries.of([labels, byLabel], call, (visible) =>
        fleet.count({ labels, byLabel, ...(visible && { visible }) }).then(toSummary),
      ),
    async refreshMiniProgram(request, { call }) {
      const accept = (options: AcceptOptions) => operations.accept('RefreshMiniProgram', request, options);
      const cancelIfAbandoned = request.requestId === '';
      await responder.respond('RefreshMiniProgram', call, accept, { cancelIfAbandoned });
      return find(request.appid);
    },
  };
}
