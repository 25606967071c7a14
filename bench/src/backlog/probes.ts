import { setTimeout as delay } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { CodeManagementClient, GetVisitStatusRequest, SetSupportVersionRequest } from '@wxa/contracts';
import type { SimControl } from '@wxa/wechat-sim';
import { appidOf } from '../appids.js';
import { clock } from '../measure.js';
import { quantiles, round } from '../numbers.js';
import type { Sql } from '../sql.js';
import type { BacklogProbes, Spread } from './result.js';

const EVERY_MS = 2_000;
/** Beyond the mini-programs with commits, so that each probe has one of its own. */
const FRESH_FROM = 0x1000_0000;
const OTHERS_FROM = 0x2000_0000;
const APIS = ['wxa/getvisitstatus', 'cgi-bin/wxopen/setweappsupportversion'];

/** When each probe was sent, by its mini-program. */
export interface Asked {
  fresh: Map<string, number>;
  others: Map<string, number>;
  failed: string[];
}

/** Sends one probe of each kind every two seconds, until the signal aborts. */
export async function probe(address: string, signal: AbortSignal): Promise<Asked> {
  const client = new CodeManagementClient(address, credentials.createInsecure());
  const asked: Asked = { fresh: new Map(), others: new Map(), failed: [] };
  const pending: Promise<void>[] = [];
  for (let n = 0; !signal.aborted; n += 1) {
    const [fresh, other] = [appidOf(FRESH_FROM + n), appidOf(OTHERS_FROM + n)];
    asked.fresh.set(fresh, clock());
    asked.others.set(other, clock());
    pending.push(
      ...[visitStatus(client, fresh), supportVersion(client, other)].map((call) =>
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

function supportVersion(client: CodeManagementClient, appid: string): Promise<void> {
  const request = { ...SetSupportVersionRequest.fromJSON({}), appid, version: '2.0.0' };
  return new Promise((resolve, reject) => {
    client.setSupportVersion(request, (error) => (error ? reject(error) : resolve()));
  });
}

/** @param acceptedAt when the last operation of the backlog was accepted. */
export async function probesFigures(
  { sim, sql, acceptedAt }: { sim: SimControl; sql: Sql; acceptedAt: number },
  { fresh, others, failed }: Asked,
): Promise<BacklogProbes> {
  const calls = await Promise.all(APIS.map((api) => sim.calls({ api })));
  const startedAt = new Map(calls.flat().map((call) => [call.appid ?? '', call.startedAt]));
  const rows = await sql<{ appid: string; created_at: Date }>(
    `select appid, created_at from operations where method <> 'Commit'`,
  );
  const createdAt = new Map(rows.map((row) => [row.appid, row.created_at.getTime()]));
  const from = (times: Map<string, number>, appids: Iterable<string>): Spread =>
    spreadOf(
      [...appids].flatMap((appid) => {
        const [begun, before] = [startedAt.get(appid), times.get(appid)];
        return begun === undefined || before === undefined ? [] : [begun - before];
      }),
    );
  const all = new Map([...fresh, ...others]);
  const asked = (isIn: (at: number) => boolean) =>
    [...all].filter(([, at]) => isIn(at)).map(([appid]) => appid);
  return {
    asked: all.size,
    withoutCall: [...all.keys()].filter((appid) => !startedAt.has(appid)).length,
    failed,
    acceptedToStartMs: { fresh: from(createdAt, fresh.keys()), others: from(createdAt, others.keys()) },
    askedToStartMs: {
      whileAccepting: from(
        all,
        asked((at) => at < acceptedAt),
      ),
      afterwards: from(
        all,
        asked((at) => at >= acceptedAt),
      ),
    },
  };
}

/** NaN, for no values, becomes null in JSON. */
export function spreadOf(values: number[]): Spread {
  const { p50, p99 } = quantiles(values);
  const most = values.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
  return { p50, p99, most: round(most, 2) };
}
