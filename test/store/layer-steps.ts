import { beforeEach } from '@jest/globals';
import { type DeepPartial, MiniProgramSettings } from '@wxa/contracts';
import { NOBODY } from '@wxa/postgres/trail';
import { gateway, sql, useStore } from './use-store.js';

/** Who changes layers of settings. */
export const LAYER_AUTHOR = { ...NOBODY, caller: 'shop', onBehalfOf: '王小明' };

/** Gives the tests of a spec file a store, which has no layers at the beginning of each. */
export function useLayers(): void {
  useStore();
  beforeEach(() => sql('truncate settings_layers, settings_versions, trail, platform_domains'));
}

type Given = DeepPartial<MiniProgramSettings> & {
  order?: number;
  store?: typeof gateway;
  by?: typeof LAYER_AUTHOR;
};

/** Changes of layers. @param expected the version that the layer has; 0: none. */
export const layerSteps = {
  put(
    scope: string,
    expected: number,
    { order = 0, store = gateway, by = LAYER_AUTHOR, ...settings }: Given = {},
  ) {
    const change = { scope, expectedVersion: BigInt(expected), by, reason: 'new shop' };
    return store.settings.put(change, { settings: MiniProgramSettings.fromPartial(settings), order });
  },

  drop: (scope: string, expected: number) =>
    gateway.settings.delete({ scope, expectedVersion: BigInt(expected), by: LAYER_AUTHOR, reason: '' }),
};
