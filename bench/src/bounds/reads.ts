import { RETAINED } from '@wxa/store';
import { v7 as uuidv7 } from 'uuid';
import { appidOf } from '../appids.js';
import { medianMs, type Stores } from './round.js';
import { MINI_PROGRAMS } from './write-history.js';

const TURNS = Array.from({ length: 5 }, (_, i) => i);
const PAGE = 51;
const HOUR_MS = 3_600_000;
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** Milliseconds (median of 5) of each statement that is not part of accept, claim or settle. */
export async function readTimes({ gateway, worker }: Stores): Promise<Record<string, number>> {
  const statements: Record<string, (turn: number) => Promise<unknown>> = {
    'list: newest page': () => gateway.listOperations({ limit: PAGE }),
    'list: one mini-program': (turn) => gateway.listOperations({ appid: appid(turn), limit: PAGE }),
    'list: mini-program + FAILED': (turn) =>
      gateway.listOperations({ appid: appid(turn), state: 'FAILED', limit: PAGE }),
    'list: FAILED': () => gateway.listOperations({ state: 'FAILED', limit: PAGE }),
    'list: CANCELLED': () => gateway.listOperations({ state: 'CANCELLED', limit: PAGE }),
    'list: IN_DOUBT': () => gateway.listOperations({ state: 'IN_DOUBT', limit: PAGE }),
    'list: RUNNING (none)': () => gateway.listOperations({ state: 'RUNNING', limit: PAGE }),
    'list: GetTrialQrCode': () => gateway.listOperations({ method: 'GetTrialQrCode', limit: PAGE }),
    'list: RevertRelease (none)': () => gateway.listOperations({ method: 'RevertRelease', limit: PAGE }),
    'list unfinished': () => gateway.listUnfinished({ limit: 500 }),
    'promote due': () => worker.backlog.promoteDue([0], 500),
    'load by method': () => worker.backlog.load('method', [{ of: 'Commit', count: 500 }], [0]),
    'find untouched': () => worker.backlog.findUntouched(NO_ID, HOUR_MS),
    'release missed': () => worker.backlog.releaseMissed(NO_ID, 250),
    'take doubts': () => worker.takeDoubts(20, HOUR_MS),
    'take due audits': () => worker.takeDueAudits({ afterMs: HOUR_MS, intervalMs: HOUR_MS, limit: 20 }),
    'version committed before': (turn) => worker.versionCommittedBefore(appid(turn), uuidv7()),
    'delete old': async () => {
      for (const what of RETAINED)
        await worker.deleteOld(what, { queriesMs: 25 * HOUR_MS, changesMs: 2_000 * HOUR_MS });
    },
  };
  const times: Record<string, number> = {};
  for (const [name, statement] of Object.entries(statements)) {
    times[name] = Number((await medianMs(TURNS, statement)).toFixed(2));
  }
  return times;
}

const appid = (turn: number) => appidOf((turn * 101) % MINI_PROGRAMS);
