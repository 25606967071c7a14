import { RolloutsService } from '@wxa/contracts';
import { toWatched, type WatchedRollout } from '@wxa/rollouts/calls';
import { toFailure, toRollout } from '@wxa/rollouts/core';
import { Store } from '@wxa/store';
import { from, mergeMap } from 'rxjs';
import { RolloutFeed } from '../await/rollout-feed.js';
import { type GatewaySettings, SETTINGS } from '../config.js';
import * as commands from '../rollouts/commands.js';
import { createRollout } from '../rollouts/create-rollout.js';
import { addRolloutTargets, updateRollout } from '../rollouts/draft-rollouts.js';
import {
  getTarget,
  listChanges,
  listHistory,
  listRollouts,
  listTargets,
  type Read,
} from '../rollouts/list-rollouts.js';
import { planRollout } from '../rollouts/plan-rollout.js';
import { ROLLOUT_RULES } from '../rollouts/request-checks.js';
import { rollbackRollout } from '../rollouts/rollback-rollout.js';
import { rolloutCaller, unknownRollout, visibleRollout } from '../rollouts/rollout-access.js';
import { controllerOf, type Handlers, type RpcCall } from './service.js';

/** The Rollouts service. It changes rows only; turns of the release workers do the rest. */
export const RolloutsController = controllerOf(
  RolloutsService,
  ROLLOUT_RULES,
  [Store, SETTINGS, RolloutFeed],
  handlersOf,
  unknownRollout,
);

function handlersOf(
  store: Store,
  settings: GatewaySettings,
  feed: RolloutFeed,
): Handlers<typeof RolloutsService> {
  /** A rollout that the caller may not see gets exactly the answer of an unknown id. */
  const read = async (id: string, call: RpcCall): Promise<Read> => {
    const found = await store.rollouts.find(id, call.signal());
    const rollout = visibleRollout(found, id, rolloutCaller(call.metadata, call.rpc));
    return { rollout, visible: call.visible() };
  };
  const watched = async (id: string, call: RpcCall): Promise<WatchedRollout> => {
    const { rollout } = await read(id, call);
    const [latest = { ...rollout, latest: [] }] = await store.rollouts.withLatest([rollout]);
    return latest;
  };
  return {
    createRollout: (request, { call }) => createRollout(store, request, call),
    updateRollout: (request, { call }) => updateRollout(store, request, call),
    addRolloutTargets: (request, { call }) => addRolloutTargets(store, request, call),
    getRolloutPlan: (request, { call }) => planRollout(store, request, call, settings),
    startRollout: (request, { call }) => commands.startRollout(store, request, call),
    pauseRollout: (request, { call }) => commands.pauseRollout(store, request, call),
    resumeRollout: (request, { call }) => commands.resumeRollout(store, request, call),
    advanceRollout: (request, { call }) => commands.advanceRollout(store, request, call),
    cancelRollout: (request, { call }) => commands.cancelRollout(store, request, call),
    closeRollout: (request, { call }) => commands.closeRollout(store, request, call),
    retryRollout: (request, { call }) => commands.retryRollout(store, request, call),
    skipRolloutTargets: (request, { call }) => commands.skipTargets(store, request, call),
    rollbackRollout: (request, { call }) => rollbackRollout(store, request, call),
    getRollout: async ({ id }, call) => toRollout((await read(id, call)).rollout),
    listRollouts: (request, call) =>
      listRollouts(store, request, rolloutCaller(call.metadata, call.rpc), call.signal()),
    listRolloutTargets: async (request, call) =>
      listTargets(store, request, await read(request.id, call), call.signal()),
    getRolloutTarget: async ({ id, appid }, call) =>
      getTarget(store, appid, await read(id, call), call.signal()),
    async listRolloutFailures({ id }, call) {
      const { rollout, visible } = await read(id, call);
      return { failures: (await store.rollouts.listFailures(rollout.id, visible)).map(toFailure) };
    },
    async listRolloutChanges(request, call) {
      await read(request.id, call);
      return listChanges(store, request, call.signal());
    },
    listRolloutHistory: async ({ id }, call) => listHistory(store, await read(id, call)),
    watchRollout({ id }, call) {
      const toMessage = (rollout: WatchedRollout) =>
        toWatched(visibleRollout(rollout, id, rolloutCaller(call.metadata, call.rpc)), call.visible());
      return from(watched(id, call)).pipe(mergeMap((rollout) => feed.watch(rollout, toMessage, call.call)));
    },
  };
}
