import { PlatformService } from '@wxa/contracts';
import { Store } from '@wxa/store';
import { actorOf } from '../callers/actor.js';
import { rpcError } from '../errors/rpc-error.js';
import { listTrail } from '../operations/list-trail.js';
import { APIS, toPlatformStatus } from '../operations/platform-status.js';
import { PLATFORM_RULES } from '../operations/request-checks.js';
import { controllerOf } from './service.js';

/** The Platform service. */
export const PlatformController = controllerOf(PlatformService, PLATFORM_RULES, [Store], (store: Store) => ({
  getPlatformStatus: async (_request, call) =>
    toPlatformStatus(await store.platformState([...APIS], call.signal())),
  async liftApiStop({ api, onBehalfOf, reason }, { call }) {
    const [lifted] = await store.limits.lift(actorOf(call, onBehalfOf), api, reason);
    return { lifted: lifted !== undefined, dueOperations: lifted?.waiting ?? 0 };
  },
  /** The trail has rows of no mini-program and of all, so that it is for callers that may see everything. */
  before(call) {
    const visible = call.rpc === 'ListTrail' ? call.visible() : undefined;
    if (visible !== undefined && (visible.allow !== 'all' || visible.deny.length > 0))
      throw rpcError('CALLER_NOT_ALLOWED', 'Platform/ListTrail is for callers whose rules cover all appids');
  },
  listTrail: (request, call) => listTrail(store, request, call.signal()),
}));
