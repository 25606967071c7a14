import { Directory } from '@wxa/authorizers';
import { PlatformEventKind, PlatformService } from '@wxa/contracts';
import { LISTED_CHANGES } from '@wxa/limits';
import { APIS } from '@wxa/methods';
import type { Policy } from '@wxa/policy';
import { Store } from '@wxa/store';
import { actorOf, callerOf } from '../callers/caller-of.js';
import { type GatewaySettings, SETTINGS } from '../config.js';
import { invalidField } from '../errors/rpc-error.js';
import { Forwards } from '../forwards/forwards.js';
import { getForwards } from '../forwards/get-forwards.js';
import { listTokenReaders } from '../operations/list-token-readers.js';
import { listTrail } from '../operations/list-trail.js';
import { liftApiStops, stopApis, toPlatformStatus } from '../operations/platform-status.js';
import { PLATFORM_RULES } from '../operations/request-checks.js';
import { listListedCalls } from './calls.controller.js';
import { controllerOf, type Handlers } from './service.js';

const handlersOf = (
  store: Store,
  forwards: Forwards | null,
  directory: Directory,
  settings: GatewaySettings,
): Handlers<typeof PlatformService> => ({
  getPlatformStatus: async (_request, call) =>
    toPlatformStatus(await store.platformState([...APIS], call.signal()), directory.keepsTokens),
  async liftApiStop({ api, onBehalfOf, reason }, { call }) {
    const [lifted] = await store.limits.lift(actorOf(call, onBehalfOf), api, reason);
    return { lifted: lifted !== undefined, dueOperations: lifted?.waiting ?? 0 };
  },
  async stopApis(request, call) {
    const { api } = request;
    // A stop of a misspelled API would be answered like one that holds something.
    const isUsed = isKnown(api, callerOf(call.metadata)?.policy.calls);
    if (!isUsed && !(await store.operations.isPathInUse(api, call.signal())))
      throw invalidField('api', 'NOT_AN_API');
    return stopApis(store.limits, request, actorOf(call.call, request.onBehalfOf));
  },
  liftApiStops: (request, { call }) => liftApiStops(store.limits, request, actorOf(call, request.onBehalfOf)),
  async listCallbackNames() {
    const names = await store.callbacks.names();
    return {
      names: names.map(({ kind, name, firstAt: firstTime, lastAt: lastTime, seen }) => ({
        ...{ name, firstTime, lastTime, seen: BigInt(seen) },
        kind: PlatformEventKind[`PLATFORM_EVENT_KIND_${kind}`],
      })),
    };
  },
  getForwards: async () => getForwards(forwards, directory.keepsTokens, settings.WECHAT_COMPONENT_APPID),
  listListedCalls: (_request, call) => listListedCalls(store, callerOf(call.metadata)?.policy, call.signal()),
  /** The trail has rows of no mini-program and of all, so that it is for callers that may see everything. */
  before(call) {
    if (call.rpc === 'ListTrail') call.refuseUnlessAll('Platform/ListTrail is');
  },
  listTrail: (request, call) => listTrail(store, request, call.signal()),
  listTokenReaders: (request, call) => listTokenReaders(store, request, call.signal(), call.visible()),
});

/** Whether this version or the policy calls an API. */
function isKnown(api: string, listed: Policy['calls'] = new Map()): boolean {
  const known: string[] = ['', LISTED_CHANGES, ...APIS, ...[...listed.values()].map((call) => call.api)];
  return known.includes(api);
}

/** The Platform service. */
export const PlatformController = controllerOf(
  PlatformService,
  PLATFORM_RULES,
  [Store, Forwards, Directory, SETTINGS],
  handlersOf,
);
