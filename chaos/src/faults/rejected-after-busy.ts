import type { SimControl } from '@wxa/wechat-sim';

/** The rejection that follows a -1 whose change was executed. */
export interface Rejection {
  errcode: number;
  /** A rejected token is rejected again after its refresh. */
  times: number;
}

export const REJECTIONS = {
  token: { errcode: 42001, times: 2 },
  quota: { errcode: 45009, times: 1 },
  permission: { errcode: 61003, times: 1 },
} as const satisfies Record<string, Rejection>;

export const CHANGE_APIS = [
  'wxa/commit',
  'wxa/submit_audit',
  'wxa/release',
  'wxa/undocodeaudit',
  'wxa/revertcoderelease',
  'wxa/grayrelease',
  'wxa/revertgrayrelease',
  'wxa/change_visitstatus',
] as const;
export const FLEET_API = 'cgi-bin/wxopen/setweappsupportversion';

/** The number of faults added concurrently, which the simulator handles quickly. */
const AT_ONCE = 50;

/**
 * The next change of these mini-programs to each of these APIs is executed and answered with -1. After that the API rejects calls
 * of the mini-program. For every other mini-program all APIs do, so that reads are rejected too. Returns the ids of the faults.
 */
export async function rejectAfterBusy(
  sim: SimControl,
  appids: readonly string[],
  apis: readonly string[],
  { errcode, times }: Rejection,
): Promise<string[]> {
  const scripts = appids.flatMap((appid, i) =>
    apis.map((api) => ({ appid, api, rejectedBy: i % 2 === 0 ? api : '*' })),
  );
  const ids: string[] = [];
  for (let from = 0; from < scripts.length; from += AT_ONCE) {
    const some = scripts.slice(from, from + AT_ONCE).map(async ({ appid, api, rejectedBy }) => {
      const busy = await sim.addFault({ kind: 'busy', when: 'after', appid, api });
      const rejection = { kind: 'errcode', errcode, times, after: busy.id } as const;
      return [busy.id, (await sim.addFault({ ...rejection, appid, api: rejectedBy })).id];
    });
    ids.push(...(await Promise.all(some)).flat());
  }
  return ids;
}
