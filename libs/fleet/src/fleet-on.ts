import { bound, type Pools, type Statements } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import { readRegistered } from '@wxa/settings';
import * as dueReads from './rows/due-reads.js';
import { type Known, keepReads, type Reads } from './rows/keep-reads.js';
import { getMiniProgram, listMiniPrograms } from './rows/list-mini-programs.js';
import { keepLiveSettings } from './rows/observed-settings.js';
import { partsToRead, readPartOf } from './rows/parts-to-read.js';
import { countFleet, oldestRead } from './rows/summary.js';
import { templateUse } from './rows/template-use.js';

export type Fleet = ReturnType<typeof fleetOn>;

/** The effective settings of a mini-program. */
export type SettingsOf = (
  on: Statements,
  appid: string,
) => Promise<Pick<Known, 'settings' | 'absentPointers'>>;

/** The statements of the inventory. */
export function fleetOn(
  { calls, lists, counts, pushes }: Pools,
  publisher: Publisher,
  settingsOf: SettingsOf,
) {
  const knownOf = async (on: Statements, appid: string) => ({
    ...(await settingsOf(on, appid)),
    platform: await readRegistered(on),
  });
  return {
    ...bound([calls], { ...dueReads, keepLiveSettings }),
    ...bound([lists], { get: getMiniProgram, list: listMiniPrograms }),
    ...bound([counts], { count: countFleet, oldestRead, templateUse }),
    ...bound([pushes], { readPartOf }),
    keepReads: (reads: Reads) => keepReads(calls, publisher, reads, knownOf),
    partsToRead: async (appid: string) => partsToRead(calls, appid, await knownOf(calls, appid)),
  };
}
