import { once } from 'node:events';
import { connect } from 'node:http2';
import type { ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { CommitRequest } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call, readRefusal, refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { usePolicy } from './shared-policy.js';

const [PER_SECOND, BURST, UNFINISHED] = [50, 20, 10];
const UNKNOWN = '01999999-9999-7999-8999-999999999999';
const { gateway, database } = useSharedGateway('policy');
const policy = usePolicy(gateway, {
  flooding: { limits: { perSecond: PER_SECOND, burst: BURST } },
  once: { limits: { perSecond: 0.001, burst: 1 } },
  narrow: { allow: [{ methods: ['*'], appids: ['wx0*'] }], limits: { perSecond: 0.001, burst: 1 } },
  busy: { limits: { unfinished: UNFINISHED } },
});

/** Reads an unknown operation, and returns the reason and how long it took. */
async function read(
  caller: string,
): Promise<{ reason: string | undefined; ms: number; retryAfterMs?: number }> {
  const since = performance.now();
  const { reason, retryAfterMs } = await refusalOf(
    call(
      gateway.operations,
      gateway.operations.getOperation,
      { id: UNKNOWN },
      { headers: policy.headers(caller) },
    ),
  );
  return { reason, ms: performance.now() - since, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

const commit = () =>
  call(
    gateway.code,
    gateway.code.commit,
    CommitRequest.fromPartial({ appid: 'wx0123456789abcdef', userVersion: 'V1', templateId: 1n }),
    { headers: policy.headers('busy') },
  );

/** Sends the metadata of a call without its message. Returns the status, or `open` if the gateway waits for the message. */
async function withoutMessage(caller: string, method: string): Promise<string> {
  const session = connect(`http://${gateway.grpc}`);
  await once(session, 'connect');
  const headers = {
    ':method': 'POST',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...policy.headers(caller),
  };
  const stream = session.request({ ...headers, ':path': `/wxa.code.v1.${method}` });
  const status = once(stream, 'response').then(([{ 'grpc-status': code }]) => `status ${code}`);
  // HTTP/2 acknowledges a ping before a response that is ready to be sent, hence the second one.
  const ping = () => new Promise((resolve) => session.ping(resolve));
  const answered = ping()
    .then(ping)
    .then(() => 'open');
  try {
    return await Promise.race([status, answered]);
  } finally {
    session.destroy();
  }
}

describe('limits of callers', () => {
  it('A call beyond the rate is rejected before its message arrives if no appid in it can change the decision', async () => {
    const [read, change] = ['Operations/GetOperation', 'CodeManagement/Commit'];
    expect(await withoutMessage('once', read)).toBe('open');
    const late = {
      allAppids: await withoutMessage('once', change),
      byId: await withoutMessage('once', read),
    };
    expect(late).toEqual({ allAppids: 'status 8', byId: 'status 8' });
    expect(await withoutMessage('narrow', read)).toBe('open');
    expect(await withoutMessage('narrow', change)).toBe('open');
    expect(await withoutMessage('narrow', read)).toBe('status 8');
  });

  it('A caller beyond its rate that names an appid which it may not use gets PERMISSION_DENIED', async () => {
    await read('narrow');
    const request = CommitRequest.fromPartial({ appid: 'wx1123456789abcdef', templateId: 1n });
    const headers = policy.headers('narrow');
    const refused = await refusalOf(call(gateway.code, gateway.code.commit, request, { headers }));
    expect(refused).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' });
  });

  it(`A caller beyond ${BURST} calls at once and ${PER_SECOND} per second gets CALLER_RATE_LIMITED with the time until the next free slot`, async () => {
    const since = performance.now();
    const answers = await Promise.all(Array.from({ length: 300 }, () => read('flooding')));
    const seconds = (performance.now() - since) / 1000;
    const granted = answers.filter(({ reason }) => reason === 'OPERATION_NOT_FOUND').length;
    const limited = answers.filter(({ reason }) => reason === 'CALLER_RATE_LIMITED');
    expect(granted + limited.length).toBe(300);
    expect(granted).toBeGreaterThanOrEqual(BURST);
    expect(granted).toBeLessThanOrEqual(BURST + Math.ceil(PER_SECOND * seconds) + 1);
    for (const { retryAfterMs = 0 } of limited) {
      expect(retryAfterMs).toBeGreaterThan(0);
      // The delay is spread over a second.
      expect(retryAfterMs).toBeLessThanOrEqual(1000 / PER_SECOND + 1000);
    }
  });

  it(`A caller with ${UNFINISHED} unfinished operations gets CALLER_QUOTA_EXCEEDED within seconds of the count, and can still read`, async () => {
    expect((await commit()).acceptedBy).toBe('busy');
    await database.rows(
      'insert into caller_usage (caller, unfinished, upload_bytes, counted_at) values ($1, $2, 0, now())',
      ['busy', UNFINISHED],
    );
    const refused = await eventually(async () =>
      commit().then(
        () => false,
        (error: ServiceError) => readRefusal(error),
      ),
    );
    expect(refused).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'CALLER_QUOTA_EXCEEDED',
      retryAfterMs: 30_000,
      metadata: { caller: 'busy', method: 'CodeManagement/Commit' },
    });
    expect((await read('busy')).reason).toBe('OPERATION_NOT_FOUND');
    await database.rows('delete from caller_usage');
    await eventually(async () => (await commit()).acceptedBy === 'busy');
  }, 60_000);

  it('The metrics count calls and rejections by caller', async () => {
    const text = await (await fetch(`${gateway.http}/metrics`)).text();
    expect(text).toMatch(/^wxa_caller_calls_total\{caller="flooding",grpc_code="NotFound"\} \d+$/m);
    expect(text).toMatch(/^wxa_caller_limited_total\{caller="flooding",limit="rate"\} \d+$/m);
    expect(text).toMatch(/^wxa_caller_limited_total\{caller="busy",limit="unfinished"\} \d+$/m);
    expect(text).toMatch(/^wxa_authentications_total\{kind="api_key",result="ok"\} \d+$/m);
  });
});
