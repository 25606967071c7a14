import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { afterEach, expect, it } from '@jest/globals';
import {
  CodeManagementClient,
  ListOperationsRequest,
  ListPagesRequest,
  WatchOperationsRequest,
} from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { attemptWithin } from '../attempt-within.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { readMetric } from '../metrics/exposition.js';
import { call, readRefusal } from './calls.js';
import type { RunningGateway } from './running-gateway.js';
import { useSharedGateway } from './use-gateway.js';

/** As the shared gateway is set. */
const MAX_STREAMS = 50;
const MAX_WAITING = 80;
/** Less than an accept waits for a lock in Postgres. */
const HELD_MS = 4_000;

const { gateway, database } = useSharedGateway('limited');

const waiting = () => readMetric(gateway.admin, 'wxa_pending_queries');

/** End the clients and calls of a test, also of one that failed: others use the gateway after it. */
const ends: (() => unknown)[] = [];
async function endAll(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
  await eventually(async () => (await waiting()) === 0);
}
afterEach(endAll);

function newClient() {
  const options = { 'wxa.test': randomUUID() };
  const client = new CodeManagementClient(gateway.grpc, credentials.createInsecure(), options);
  ends.push(() => client.close());
  return client;
}

const listFirst = (client: RunningGateway['operations']) =>
  call(client, client.listOperations, ListOperationsRequest.fromPartial({ pageSize: 1 }));

/** Starts a query that stays pending, because there is no worker. Resolves with its error. */
function ask(client: RunningGateway['code'], appid = 'wx0123456789abcdef') {
  const request = ListPagesRequest.fromPartial({ appid });
  return new Promise<ServiceError | null>((resolve) => {
    const query = client.listPages(request, resolve);
    ends.push(() => query.cancel());
  });
}

it('Queries that are refused with TOO_MANY_WAITING after they were accepted end CANCELLED, and the others stay', async () => {
  const series =
    'grpc_server_started_total{grpc_type="unary",grpc_service="wxa.code.v1.CodeManagement",grpc_method="ListPages"}';
  const started = async () => (await readMetric(gateway.admin, series)) ?? 0;
  const COUNT = 2 * MAX_STREAMS;
  const appid = await attemptWithin(HELD_MS, async () => {
    await endAll();
    const before = await started();
    const appid = newAppid();
    const clients = [newClient(), newClient()];
    // Until it is released, none is accepted and none waits for an outcome.
    const release = await database.hold('lock table operations in share mode');
    ends.push(release);
    const heldAt = performance.now();
    for (let n = 0; n < COUNT; n += 1) void ask(clients[n % 2] as CodeManagementClient, appid);
    await eventually(async () => (await started()) === before + COUNT);
    await release();
    expect(performance.now() - heldAt).toBeLessThan(HELD_MS);
    return appid;
  });
  const states =
    'select state, count(*)::int as n from operations where appid = $1 group by state order by state';
  const expected = [
    { state: 'CANCELLED', n: COUNT - MAX_WAITING },
    { state: 'QUEUED', n: MAX_WAITING },
  ];
  await eventually(async () => expect(await database.rows(states, [appid])).toEqual(expected));
});

it(`A connection has at most ${MAX_STREAMS} streams, and queries beyond ${MAX_WAITING} pending ones fail with TOO_MANY_WAITING`, async () => {
  const one = Array.from({ length: 3 * MAX_STREAMS }, () => ask(gateway.code));
  await eventually(async () => (await waiting()) === MAX_STREAMS);
  const other = newClient();
  const two = Array.from({ length: MAX_STREAMS }, () => ask(other));
  const refusal = await Promise.race([Promise.any(two), ...one]);
  if (refusal === null) throw new Error('a query was answered');
  expect(readRefusal(refusal)).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_WAITING' });
  expect(await waiting()).toBeLessThanOrEqual(MAX_WAITING);
});

it('Half of the streams of a connection may be watches, so that it has room for other calls beside them', async () => {
  const streams = Array.from({ length: MAX_STREAMS / 2 + 1 }, () =>
    gateway.operations.watchOperations(WatchOperationsRequest.fromPartial({})),
  );
  ends.push(...streams.map((stream) => () => stream.cancel()));
  const first = new Promise<ServiceError>((resolve) => {
    for (const stream of streams) stream.on('error', resolve);
  });
  expect(readRefusal(await first).reason).toBe('TOO_MANY_WATCHERS');
  expect((await listFirst(gateway.operations)).nextPageToken).toBeDefined();
});

it('An HTTP client that sends a byte every 200 ms is disconnected after about 5 s in the headers and 10 s in the body', async () => {
  const post = 'POST /wechat/callback/wx0123456789abcdef HTTP/1.1\r\nhost: x\r\n';
  const afterMs = await Promise.all([
    disconnectedAfterMs(`${post}x-slow: `, 'a'),
    disconnectedAfterMs(`${post}content-length: 1000\r\n\r\n`, 'a'),
    disconnectedAfterMs(`${post}transfer-encoding: chunked\r\n\r\n`, '1\r\na\r\n'),
  ]);
  for (const [n, limitMs] of [5_000, 10_000, 10_000].entries()) {
    expect(afterMs[n]).toBeGreaterThan(limitMs - 1_000);
    expect(afterMs[n]).toBeLessThan(byLength({ short: Number.POSITIVE_INFINITY, long: limitMs + 3_000 }));
  }
});

/** Sends `begun` and then one `piece` after another; returns after how many milliseconds the gateway disconnected. */
async function disconnectedAfterMs(begun: string, piece: string): Promise<number> {
  const { hostname, port } = new URL(gateway.http);
  const since = performance.now();
  const socket = connect(Number(port), hostname);
  socket.write(begun);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', () => undefined).resume();
  const timer = setInterval(() => socket.writable && socket.write(piece), 200);
  await closed;
  clearInterval(timer);
  return performance.now() - since;
}

it('With ADMIN_ADDR, HTTP_ADDR answers the paths of the probes like any unknown path, and ADMIN_ADDR answers nothing else', async () => {
  const { admin, http } = gateway;
  const answerTo = async (url: string, init?: RequestInit) => {
    const response = await fetch(url, init);
    return { status: response.status, body: (await response.text()).replaceAll(/\/\w+/g, '/path') };
  };
  const unknown = await answerTo(`${http}/unknown`);
  expect(unknown.status).toBe(404);
  for (const probe of ['/healthz', '/readyz', '/metrics']) {
    expect(await answerTo(`${http}${probe}`)).toEqual(unknown);
    expect((await answerTo(`${admin}${probe}`)).status).toBe(200);
  }
  expect((await answerTo(`${admin}/wechat/callback`)).status).toBe(404);
  expect((await answerTo(`${admin}/healthz`, { method: 'POST' })).status).toBe(405);
  expect((await answerTo(`${admin}/healthz?probe=1`)).status).toBe(200);
});
