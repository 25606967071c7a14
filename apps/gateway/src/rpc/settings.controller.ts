import { SettingsService } from '@wxa/contracts';
import { Store } from '@wxa/store';
import { actorOf } from '../callers/caller-of.js';
import * as layers from '../settings/layer-calls.js';
import { SETTINGS_RULES } from '../settings/request-checks.js';
import { controllerOf } from './service.js';

/** The Settings service. A layer changes no mini-program by itself. */
export const SettingsController = controllerOf(SettingsService, SETTINGS_RULES, [Store], (store: Store) => ({
  async putSettingsLayer(request, call) {
    layers.refuseUnlessAll(request.scope, call.visible());
    return layers.putLayer(store, request, actorOf(call.call));
  },
  async deleteSettingsLayer(request, call) {
    layers.refuseUnlessAll(request.scope, call.visible());
    return layers.deleteLayer(store, request, actorOf(call.call));
  },
  async getSettingsLayer(request, call) {
    layers.refuseUnlessAll(request.scope, call.visible());
    return layers.getLayer(store, request);
  },
  listSettingsLayers: (request, call) => layers.listLayers(store, request, call.signal(), call.visible()),
  async listSettingsVersions({ scope }, call) {
    layers.refuseUnlessAll(scope, call.visible());
    return layers.listVersions(store, scope, call.signal());
  },
  getEffectiveSettings: async ({ appid }) => layers.toEffective(appid, await store.settings.effective(appid)),
}));
