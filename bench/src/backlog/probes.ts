import { setTimeout as delay } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { CodeManagementClient, GetVisitStatusRequest, SetSupportVersionRequest } from '@wxa/contracts';
import type { SimControl } from '@wxa/wechat-sim';
import { appidOf } from '../appids.js';
import { clock } from '../measure.js';
import type { Sql } from '../sql.js';
import type { BacklogProbes } from './result.js';
import { spreadOf } from './spread.js';

const EVERY_MS = 2_000;
/** Beyond the mini-programs with commits. */
const FRESH_FROM = 0x1000_0000;
const OTHERS_FROM = 0x2000_0000;
/** The other mini-programs take turns. */
const OTHERS = 10;

interface Probe {
  appid: string;
  askedAt: number;
}

/** What was asked of other APIs while a backlog existed, in order. */
export interface Asked {
  /** GetVisitStatus, each of a mini-program that was never seen before. */
  fresh: Probe[];
  /** SetSupportVersion of known mini-programs without commits. */
  others: Probe[];
  failed: string[];
}

/** Asks one of each kind every two seconds, until the signal aborts. */
export async function probe(address: string, signal: AbortSignal): Promise<Asked> {
  const client = new CodeManagementClient(address, credentials.createInsecure());
  const asked: Asked = { fresh: [], others: [], failed: [] };
  const pending: Promise<void>[] = [];
  for (let n = 0; !signal.aborted; n += 1) {
    const fresh = { appid: appidOf(FRESH_FROM + n), askedAt: clock() };
    const other = { appid: appidOf(OTHERS_FROM + (n % OTHERS)), askedAt: clock() };
    asked.fresh.push(fresh);
    asked.others.push(other);
    pending.push(
      ...[visitStatus(client, fresh.appid), supportVersion(client, other.appid, n)].map((call) =>
        call.catch((error) => void asked.failed.push(String(error))),
      ),
    );
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(pending);
  client.close();
  return asked;
}

function visitStatus(client: CodeManagementClient, appid: string): Promise<void> {
  const request = { ...GetVisitStatusRequest.fromJSON({}), appid };
  return new Promise((resolve, reject) => {
    client.getVisitStatus(request, (error) => (error ? reject(error) : resolve()));
  });
}

function supportVersion(client: CodeManagementClient, appid: string, n: number): Promise<void> {
  const request = { ...SetSupportVersionRequest.fromJSON({}), appid, version: `2.${n % 1000}.0` };
  return new Promise((resolve, reject) => {
    client.setSupportVersion(request, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * From acceptance, and from the ask, to the start of the calls at WeChat.
 * @param acceptedAt when the last operation of the backlog was accepted.
 */
export async function probesFigures(
  { sim, sql, acceptedAt }: { sim: SimControl; sql: Sql; acceptedAt: number },
  asked: Asked,
): Promise<BacklogProbes> {
  const fresh = await waitsOf(sim, sql, { api: 'wxa/getvisitstatus', method: 'GetVisitStatus' }, asked.fresh);
  const others = await waitsOf(
    sim,
    sql,
    { api: 'cgi-bin/wxopen/setweappsupportversion', method: 'SetSupportVersion' },
    asked.others,
  );
  const all = [...fresh, ...others];
  const begun = ({ startedAt }: Wait) => !Number.isNaN(startedAt);
  const askedToStart = (waits: Wait[]) =>
    spreadOf(waits.filter(begun).map(({ askedAt, startedAt }) => startedAt - askedAt));
  const acceptedToStart = (waits: Wait[]) =>
    spreadOf(waits.filter(begun).map(({ createdAt, startedAt }) => startedAt - createdAt));
  return {
    asked: all.length,
    withoutCall: all.filter((wait) => !begun(wait)).length,
    failed: asked.failed,
    acceptedToStartMs: { fresh: acceptedToStart(fresh), others: acceptedToStart(others) },
    askedToStartMs: {
      whileAccepting: askedToStart(all.filter(({ askedAt }) => askedAt < acceptedAt)),
      afterwards: askedToStart(all.filter(({ askedAt }) => askedAt >= acceptedAt)),
    },
  };
}

interface Wait extends Probe {
  createdAt: number;
  /** NaN where there was no call. */
  startedAt: number;
}

async function waitsOf(
  sim: SimControl,
  sql: Sql,
  { api, method }: { api: string; method: string },
  probes: Probe[],
): Promise<Wait[]> {
  const starts = byAppid(await sim.calls({ api }), ({ startedAt }) => startedAt);
  const accepted = byAppid(
    await sql<{ appid: string; created_at: Date }>(
      'select appid, created_at from operations where method = $1 order by seq',
      [method],
    ),
    (row) => row.created_at.getTime(),
  );
  const next = (times: Map<string, number[]>, appid: string) => times.get(appid)?.shift() ?? Number.NaN;
  return probes.map((probe) => ({
    ...probe,
    createdAt: next(accepted, probe.appid),
    startedAt: next(starts, probe.appid),
  }));
}

function byAppid<T extends { appid: string | null }>(
  items: T[],
  timeOf: (item: T) => number,
): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const item of items) {
    const known = times.get(item.appid ?? '');
    if (known === undefined) times.set(item.appid ?? '', [timeOf(item)]);
    else known.push(timeOf(item));
  }
  return times;
}
