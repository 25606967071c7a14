import { once } from 'node:events';
import { connect } from 'node:http2';
import { expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { readMetric, scrape } from '../metrics/exposition.js';
import { usePolicy } from './shared-policy.js';

const UNFINISHED = 10;
const UNKNOWN = '01999999-9999-7999-8999-999999999999';
const { gateway, database } = useSharedGateway('policy');
const ONE_CALL = { perSecond: 0.001, burst: 1 };
const policy = usePolicy(gateway, {
  once: { limits: ONE_CALL },
  again: { limits: ONE_CALL },
  narrow: { allow: [{ methods: ['*'], appids: ['wx0*'] }], limits: ONE_CALL },
  busy: { limits: { unfinished: UNFINISHED } },
});

const read = (caller: string) => refusalOf(gateway.rpc('getOperation', { id: UNKNOWN }, policy.as(caller)));
const commit = (caller: string, appid = 'wx0123456789abcdef') =>
  gateway.rpc('commit', { appid, userVersion: 'V1', templateId: 1n }, policy.as(caller));

/** Sends the metadata of a call without its message. Returns the status, or `open` if the gateway waits for the message. */
async function withoutMessage(caller: string, method: string): Promise<string> {
  const session = connect(`http://${gateway.grpc}`);
  await once(session, 'connect');
  const headers = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' };
  const path = { ':path': `/wxa.code.v1.${method}` };
  const stream = session.request({ ...headers, ...policy.headers(caller), ...path });
  const status = once(stream, 'response').then(([{ 'grpc-status': code }]) => `status ${code}`);
  // HTTP/2 acknowledges a ping before a response that is ready to be sent, hence the second one.
  const ping = () => new Promise((resolve) => session.ping(resolve));
  const answered = ping().then(ping);
  try {
    return await Promise.race([status, answered.then(() => 'open')]);
  } finally {
    session.destroy();
  }
}

it('A call beyond the rate is rejected before its message arrives if no appid in it can change the decision', async () => {
  const [read, change] = ['Operations/GetOperation', 'CodeManagement/Commit'];
  expect(await withoutMessage('once', read)).toBe('open');
  const late = { allAppids: await withoutMessage('once', change), byId: await withoutMessage('once', read) };
  expect(late).toEqual({ allAppids: 'status 8', byId: 'status 8' });
  expect(await withoutMessage('narrow', read)).toBe('open');
  expect(await withoutMessage('narrow', change)).toBe('open');
  expect(await withoutMessage('narrow', read)).toBe('status 8');
});

it('A caller beyond its rate that names an appid which it may not use gets PERMISSION_DENIED', async () => {
  await read('narrow');
  const refused = await refusalOf(commit('narrow', 'wx1123456789abcdef'));
  expect(refused).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' });
});

it('A caller beyond its rate gets CALLER_RATE_LIMITED with a delay, and is counted', async () => {
  const first = await read('again');
  expect(first.reason).toBe('OPERATION_NOT_FOUND');
  const { code, reason, retryAfterMs } = await read('again');
  expect([code, reason]).toEqual(['RESOURCE_EXHAUSTED', 'CALLER_RATE_LIMITED']);
  expect(retryAfterMs).toBeGreaterThan(0);
  const series = await scrape(gateway.http);
  expect(series.get('wxa_caller_calls_total{caller="again",grpc_code="NotFound"}')).toBe(1);
  expect(series.get('wxa_caller_limited_total{caller="again",limit="rate"}')).toBe(1);
  expect(series.get('wxa_authentications_total{kind="api_key",result="ok"}')).toBeGreaterThan(0);
});

it(`A caller with ${UNFINISHED} unfinished operations gets CALLER_QUOTA_EXCEEDED within seconds of the count, and can still read`, async () => {
  expect((await commit('busy')).acceptedBy).toBe('busy');
  const insert =
    'insert into caller_usage (caller, unfinished, upload_bytes, counted_at) values ($1, $2, 0, now())';
  await database.rows(insert, ['busy', UNFINISHED]);
  const refused = await eventually(() => refusalOf(commit('busy')).catch(() => false as const));
  expect(refused).toMatchObject({
    ...{ code: 'RESOURCE_EXHAUSTED', reason: 'CALLER_QUOTA_EXCEEDED', retryAfterMs: 30_000 },
    metadata: { caller: 'busy', method: 'CodeManagement/Commit' },
  });
  expect((await read('busy')).reason).toBe('OPERATION_NOT_FOUND');
  const series = 'wxa_caller_limited_total{caller="busy",limit="unfinished"}';
  expect(await readMetric(gateway.http, series)).toBeGreaterThan(0);
  await database.rows('delete from caller_usage');
  await eventually(async () => (await commit('busy')).acceptedBy === 'busy');
});
