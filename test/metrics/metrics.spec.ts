import { Client, status as Code, credentials, type MethodDefinition } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  AuthorizersService,
  CodeManagementService,
  CommitRequest,
  FleetService,
  OperationsService,
  PlatformDomainsService,
  SetupService,
  TemplatesService,
} from '@wxa/contracts';
import { TestPolicy } from '../callers/test-policy.js';
import { metadataOf } from '../gateway/calls.js';
import { byLength } from '../length.js';
import { eventually, newAppid, useWorld, world } from '../use-world.js';
import type { World } from '../world.js';
import { moved, scrape } from './exposition.js';

type Rpc = MethodDefinition<Buffer, Buffer>;

const RPCS = [
  ...[CodeManagementService, SetupService, PlatformDomainsService, TemplatesService, OperationsService],
  ...[AuthorizersService, FleetService],
].flatMap((service) => Object.values(service) as unknown as Rpc[]);
const CALLERS = Array.from({ length: 197 }, (_, i) => `caller-${i}`);
const LIST = 'Operations/ListOperations';
const NOTHING = Buffer.alloc(0);
/** A field of an unknown wire type. */
const MALFORMED = Buffer.from([0x0f]);

const policy = new TestPolicy({
  all: {},
  lister: { allow: [{ methods: [LIST], appids: 'all' }] },
  getter: { allow: [{ methods: ['Operations/GetOperation'], appids: 'all' }] },
  ...Object.fromEntries(CALLERS.map((name) => [name, { allow: [{ methods: [LIST], appids: 'all' }] }])),
});
useWorld({ env: { AUTH_POLICY_FILE: policy.file }, follow: false });
let client: Client;
let addresses: World['stack']['addresses'];
beforeAll(() => {
  addresses = world.stack.addresses;
  client = new Client(addresses.grpc, credentials.createInsecure());
});
afterAll(() => client?.close());

/** Calls an RPC with an encoded request; resolves with its status. */
function call({ path, requestStream, responseStream }: Rpc, request: Buffer, caller: string) {
  const metadata = metadataOf(policy.headers(caller));
  const same = (bytes: Buffer) => bytes;
  const options = { deadline: Date.now() + 20_000 };
  return new Promise<Code>((resolve) => {
    const done = (error: { code: Code } | null) => resolve(error?.code ?? Code.OK);
    if (responseStream) {
      const stream = client.makeServerStreamRequest(path, same, same, request, metadata, options);
      stream.on('error', done).on('data', () => undefined);
    } else if (requestStream) {
      const stream = client.makeClientStreamRequest(path, same, same, metadata, options, done);
      stream.on('error', () => undefined);
      stream.end(request);
    } else {
      client.makeUnaryRequest(path, same, same, request, metadata, options, done);
    }
  });
}

function rpcNamed(name: string): Rpc {
  const found = RPCS.find(({ path }) => path.endsWith(`/${name}`));
  if (found === undefined) throw new Error(`no RPC ${name}`);
  return found;
}

function labelsOf({ path, requestStream, responseStream }: Rpc): string {
  const [, service, method] = path.split('/');
  const type = requestStream ? 'client_stream' : responseStream ? 'server_stream' : 'unary';
  return `grpc_type="${type}",grpc_service="${service}",grpc_method="${method}"`;
}

it.each([
  ['malformed', MALFORMED, 'InvalidArgument', () => 'all'],
  ['denied', NOTHING, 'PermissionDenied', ({ path }: Rpc) => (path.endsWith(LIST) ? 'getter' : 'lister')],
])('A %s call of each RPC moves exactly its series', async (_name, request, code, callerOf) => {
  const before = await scrape(addresses.http);
  for (const rpc of RPCS) await call(rpc, request, callerOf(rpc));
  const after = await scrape(addresses.http);
  for (const [name, label] of [
    ['grpc_server_started_total', ''],
    ['grpc_server_handled_total', `,grpc_code="${code}"`],
    ['grpc_server_handling_seconds_count', ''],
  ] as const) {
    const series = RPCS.map((rpc) => [`${name}{${labelsOf(rpc)}${label}}`, 1]);
    expect(moved(before, after, name)).toEqual(Object.fromEntries(series));
  }
  const calls = Object.values(moved(before, after, 'wxa_caller_calls_total'));
  expect(calls.reduce((sum, n) => sum + n, 0)).toBe(RPCS.length);
});

it('A change that is accepted once and repeated once is counted as such, and the gauges of its worker have their values', async () => {
  const before = await scrape(addresses.http);
  const request = { appid: newAppid(), templateId: 1n, userVersion: '1.0.0', requestId: 'same' };
  const bytes = Buffer.from(CommitRequest.encode(CommitRequest.fromPartial(request)).finish());
  for (let n = 0; n < 2; n += 1) expect(await call(rpcNamed('Commit'), bytes, 'all')).toBe(Code.OK);
  expect(moved(before, await scrape(addresses.http), 'wxa_operations_accepted_total')).toEqual({
    'wxa_operations_accepted_total{method="Commit",result="accepted"}': 1,
    'wxa_operations_accepted_total{method="Commit",result="repeated"}': 1,
  });
  await eventually(async () =>
    expect(Object.fromEntries(await scrape(addresses.workers[0] ?? ''))).toMatchObject({
      'wxa_wechat_request_duration_seconds_count{api="wxa/commit",result="ok"}': 1,
      'wxa_postgres_batch_size_count{batch="claim"}': expect.any(Number),
      // The lag is read at intervals.
      'wxa_kafka_consumer_lag_records{topic="commands"}': 0,
      'wxa_kafka_topic_partitions{topic="commands"}': 4,
      wxa_outbox_relay_active: 1,
    }),
  );
});

/** Ten thousand mini-programs with work that waits for an operation in doubt each, and what else is counted. */
async function fill(): Promise<void> {
  const columns =
    'id, appid, request_id, request_hash, method, is_change, request, state, created_at, traceparent';
  const row = (i: string) => `gen_random_uuid(), 'wx' || lpad(to_hex(${i}), 16, '0'), (${i})::text`;
  const rest = `'\\x00', 'Commit', true, '{}'`;
  await world.sql(`insert into operations (${columns}, ask_at, fence) select ${row('i')}, ${rest}, 'IN_DOUBT',
    now() - interval '1 hour', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    case when i > 2 then now() + interval '1 day' end, 1 from generate_series(1, 10000) i`);
  await world.sql(`insert into operations (${columns}, parked, blocked_by) select ${row('i + 20000')}, ${rest}, 'QUEUED',
    now() - interval '1 hour', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true,
    (select id from operations where state = 'IN_DOUBT' limit 1) from generate_series(1, 5) i`);
  await world.sql(`insert into outbox_refused (writer, id, topic, event_id, type, source, appid, time, traceparent, value, reason)
    values ('gateway', 1, 'wxa.code.commands.v1', 'e', 't', 's', 'a', now(), '', '', 'MESSAGE_TOO_LARGE')`);
  await world.sql(`insert into authorizers (appid, state) select 'wx' || lpad(to_hex(i), 16, '0'), 'AUTHORIZED'
    from generate_series(1, 10000) i`);
}

it('What waits equals the counts of Postgres, and with 10,000 mini-programs and 200 callers no process has more than 8,000 series', async () => {
  await fill();
  const worker = addresses.workers[0] ?? '';
  const counted = `select from operations where ask_at is null and state = 'IN_DOUBT'`;
  expect(await world.sql(counted)).toHaveLength(2);
  // An earlier count may have seen some of the rows only.
  const seen = await eventually(async () => {
    const all = await scrape(worker);
    expect(Object.fromEntries(all)).toMatchObject({
      wxa_operations_awaiting_resolution: 2,
      'wxa_operations_unfinished{state="IN_DOUBT",kind="change"}': 10_000,
      'wxa_operations_unfinished{state="QUEUED",kind="change"}': 5,
      'wxa_outbox_quarantined_events{writer="gateway"}': 1,
      'wxa_authorizers{state="AUTHORIZED"}': 10_000,
    });
    return all;
  });
  const ageS = Date.now() / 1000 - (seen.get('wxa_operations_oldest_timestamp_seconds{state="QUEUED"}') ?? 0);
  expect(Math.abs(ageS - 3600)).toBeLessThan(120);
  for (const caller of CALLERS)
    await Promise.all([
      call(rpcNamed('ListOperations'), NOTHING, caller),
      call(rpcNamed('ListOperations'), MALFORMED, caller),
      call(rpcNamed('Commit'), NOTHING, caller),
    ]);
  const gateway = await scrape(addresses.http);
  expect(gateway.get('wxa_caller_calls_total{caller="caller-196",grpc_code="PermissionDenied"}')).toBe(1);
  expect(gateway.size).toBeLessThanOrEqual(8_000);
  expect(seen.size).toBeLessThanOrEqual(8_000);
});

it('While Postgres does not answer, /metrics of both apps answers within 1 s', async () => {
  const backends = await world.sql<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and application_name like 'wxa-%'`,
  );
  expect(backends.length).toBeGreaterThan(2);
  for (const { pid } of backends) process.kill(pid, 'SIGSTOP');
  try {
    for (const url of [addresses.http, addresses.workers[0] ?? '']) {
      const startedAt = performance.now();
      expect((await scrape(url)).size).toBeGreaterThan(100);
      expect(performance.now() - startedAt).toBeLessThan(
        byLength({ short: Number.POSITIVE_INFINITY, long: 1_000 }),
      );
    }
  } finally {
    for (const { pid } of backends) process.kill(pid, 'SIGCONT');
  }
});
