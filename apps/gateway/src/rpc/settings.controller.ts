import { type SettingsScope, SettingsService } from '@wxa/contracts';
import { Store } from '@wxa/store';
import { actorOf } from '../callers/caller-of.js';
import * as layers from '../settings/layer-calls.js';
import { SETTINGS_RULES } from '../settings/request-checks.js';
import { controllerOf, type RpcCall } from './service.js';

/** The Settings service. A layer changes no mini-program by itself. */
export const SettingsController = controllerOf(SettingsService, SETTINGS_RULES, [Store], (store: Store) => ({
  async putSettingsLayer(request, call) {
    refuseUnlessAll(request.scope, call);
    return layers.putLayer(store, request, actorOf(call.call));
  },
  async deleteSettingsLayer(request, call) {
    refuseUnlessAll(request.scope, call);
    return layers.deleteLayer(store, request, actorOf(call.call));
  },
  async getSettingsLayer(request, call) {
    refuseUnlessAll(request.scope, call);
    return layers.getLayer(store, request);
  },
  listSettingsLayers: (request, call) => layers.listLayers(store, request, call.signal(), call.visible()),
  async listSettingsVersions({ scope }, call) {
    refuseUnlessAll(scope, call);
    return layers.listVersions(store, scope, call.signal());
  },
  getEffectiveSettings: async ({ appid }) => layers.toEffective(appid, await store.settings.effective(appid)),
}));

/** Throws unless a layer is that of an appid, which the call's authorization covers, or the caller may call the RPC for all. */
function refuseUnlessAll(scope: SettingsScope | undefined, call: RpcCall): void {
  if (scope?.scope?.$case !== 'appid') call.refuseUnlessAll('layers of the platform and of labels are');
}
