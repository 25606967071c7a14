import { bound, type Pools } from '@wxa/postgres';
import { deleteLayer, type LayerTools, putLayer } from './change-layers.js';
import { countLayers, findRemovedInUse, findUnregistered, isPlatformReadDue } from './platform-domains.js';
import { listLayers, listVersions, readEffective, readLayer } from './read-layers.js';

export type Settings = ReturnType<typeof settingsOn>;

/** The statements of settings. */
export function settingsOn({ calls, lists, counts }: Pools, tools: LayerTools) {
  return {
    ...bound([calls], { find: readLayer, effective: readEffective, unregistered: findUnregistered }),
    ...bound([calls, tools], { put: putLayer, delete: deleteLayer }),
    ...bound([lists], { list: listLayers, versions: listVersions, removedInUse: findRemovedInUse }),
    ...bound([counts], { count: countLayers, isPlatformReadDue }),
  };
}
