import { setTimeout as delay } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { CodeManagementClient, GetVisitStatusRequest, SetSupportVersionRequest } from '@wxa/contracts';
import type { SimControl } from '@wxa/wechat-sim';
import { appidOf } from '../load/appids.js';
import { quantiles, round } from '../load/numbers.js';
import type { Sql } from '../load/sql.js';
import type { BacklogProbes, Spread } from './result.js';

const EVERY_MS = 2_000;
/** Above the mini-programs with commits, so that each probe has its own mini-program. */
const FRESH_FROM = 0x1000_0000;
const OTHERS_FROM = 0x2000_0000;
const APIS = ['wxa/getvisitstatus', 'cgi-bin/wxopen/setweappsupportversion'];

/** The mini-programs of the probes, and the errors of failed ones. */
export type ProbedAppids = Record<'fresh' | 'others' | 'failed', string[]>;

/** Sends one probe of each kind every 2 s until the signal aborts. */
export async function sendProbes(address: string, signal: AbortSignal): Promise<ProbedAppids> {
  const client = new CodeManagementClient(address, credentials.createInsecure());
  const probed: ProbedAppids = { fresh: [], others: [], failed: [] };
  const pending: Promise<void>[] = [];
  const send = (call: (done: (error: unknown) => void) => unknown) => {
    const ended = new Promise<unknown>((resolve) => call(resolve));
    pending.push(ended.then((error) => void (error && probed.failed.push(String(error)))));
  };
  for (let n = 0; !signal.aborted; n += 1) {
    const [fresh, other] = [appidOf(FRESH_FROM + n), appidOf(OTHERS_FROM + n)];
    probed.fresh.push(fresh);
    probed.others.push(other);
    send((done) => client.getVisitStatus({ ...GetVisitStatusRequest.fromJSON({}), appid: fresh }, done));
    const change = { ...SetSupportVersionRequest.fromJSON({}), appid: other, version: '2.0.0' };
    send((done) => client.setSupportVersion(change, done));
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(pending);
  client.close();
  return probed;
}

export async function evaluateProbes(
  { sim, sql }: { sim: SimControl; sql: Sql },
  { fresh, others, failed }: ProbedAppids,
): Promise<BacklogProbes> {
  const calls = await Promise.all(APIS.map((api) => sim.calls({ api })));
  const startedAt = new Map(calls.flat().map((call) => [call.appid ?? '', call.startedAt]));
  const rows = await sql<{ appid: string; created_at: Date }>(
    `select appid, created_at from operations where method <> 'Commit'`,
  );
  const createdAt = new Map(rows.map((row) => [row.appid, row.created_at.getTime()]));
  const waits = (appids: string[]) =>
    spreadOf(
      appids
        .map((appid) => (startedAt.get(appid) ?? Number.NaN) - (createdAt.get(appid) ?? Number.NaN))
        .filter((ms) => !Number.isNaN(ms)),
    );
  const all = [...fresh, ...others];
  return {
    sent: all.length,
    withoutCall: all.filter((appid) => !startedAt.has(appid)).length,
    failed,
    acceptedToStartMs: { fresh: waits(fresh), others: waits(others) },
  };
}

/** Without values the result is NaN, which becomes null in JSON. */
function spreadOf(values: number[]): Spread {
  const { p50, p99 } = quantiles(values);
  return { p50, p99, most: round(Math.max(...values), 2) };
}
