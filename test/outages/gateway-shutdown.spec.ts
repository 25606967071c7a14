import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { CommitRequest, ListOperationsRequest, ListPagesRequest, OperationsClient } from '@wxa/contracts';
import pg from 'pg';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { call, refusalOf } from '../gateway/calls.js';
import { type Backends, newBackends, type RunningGateway, startGateway } from '../gateway/running-gateway.js';
import { beginUpload, info } from '../gateway/uploads.js';
import { healthOf } from '../grpc-health.js';
import { byLength } from '../length.js';
import { scrape } from '../metrics/exposition.js';
import { query } from '../query.js';
import { TcpProxy } from '../tcp-proxy.js';

const appid = 'wx00000000000000f2';

let backends: Backends;
let gateway: RunningGateway;
const start = async (env: Record<string, string>) => {
  backends = await newBackends();
  gateway = await startGateway(backends, env);
};
afterEach(() => gateway.stop());

const commit = () => {
  const { code } = gateway;
  return call(code, code.commit, CommitRequest.fromPartial({ appid, templateId: 1n, userVersion: '1.0' }));
};

/** Sends SIGTERM. Resolves with the exit code, of which 1 means that a deadline cut something, and the time until the exit. */
async function terminate(): Promise<{ code: number | null; ms: number }> {
  const begun = performance.now();
  gateway.app.kill('SIGTERM');
  const { code } = await gateway.app.exited;
  return { code, ms: performance.now() - begun };
}

it('A connection that has reached its age is replaced, and no call fails', async () => {
  await start({ GRPC_MAX_CONNECTION_AGE_MS: '300' });
  const proxy = new TcpProxy(Number(gateway.grpc.split(':')[1]));
  const address = `127.0.0.1:${await proxy.listen()}`;
  const operations = new OperationsClient(address, credentials.createInsecure());
  const list = () => call(operations, operations.listOperations, ListOperationsRequest.fromPartial({}));
  while (proxy.connections < 3) expect((await list()).operations).toEqual([]);
  operations.close();
  proxy.close();
});

describe('gateway shutdown', () => {
  it('On SIGTERM pending queries, uploads and watches fail with UNAVAILABLE and the gateway exits with 0 within 10 s', async () => {
    await start({});
    const watch = gateway.operations.watchOperations({ appid: '' });
    const watched = new Promise<{ code: number }>((resolve) => watch.on('error', resolve));
    const upload = refusalOf(beginUpload(gateway.code, [info({ appid })]).answer);
    const request = ListPagesRequest.fromPartial({ appid });
    const query = refusalOf(call(gateway.code, gateway.code.listPages, request));
    const pending = async () => (await scrape(gateway.http)).get('wxa_pending_queries');
    await eventually(async () => expect(await pending()).toBe(1));
    const { code, ms } = await terminate();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(byLength({ short: Number.POSITIVE_INFINITY, long: 10_000 }));
    const stopping = { code: 'UNAVAILABLE', reason: 'STOPPING', infos: 1 };
    expect(await query).toMatchObject(stopping);
    expect(await upload).toMatchObject(stopping);
    expect((await watched).code).toBe(14);
  });

  it('For SHUTDOWN_DELAY_MS after SIGTERM the gateway is not ready and still serves', async () => {
    await start({ SHUTDOWN_DELAY_MS: '8000' });
    const ended = terminate();
    await eventually(async () => (await fetch(`${gateway.http}/readyz`)).status === 503);
    expect(await healthOf(gateway.grpc, credentials.createInsecure())).toBe('NOT_SERVING');
    expect((await commit()).state).toBe('OPERATION_STATE_QUEUED');
    const { code, ms } = await ended;
    expect(code).toBe(0);
    expect(ms).toBeGreaterThan(8000);
  });

  it('A call that Postgres does not answer within SHUTDOWN_GRACE_MS is cut, and the gateway exits with 1', async () => {
    await start({ SHUTDOWN_GRACE_MS: '3000' });
    const client = new pg.Client(backends.databaseUrl);
    await client.connect();
    await client.query('begin; lock table operations in access exclusive mode');
    // A list waits 30 s for Postgres, other calls less than a busy machine may need here.
    const { operations } = gateway;
    const list = call(operations, operations.listOperations, ListOperationsRequest.fromPartial({}));
    const failed = expect(list).rejects.toMatchObject({ code: 14 });
    const waiting = `${BLOCKED} and query like 'select o.id as%'`;
    await eventually(async () => (await query(backends.databaseUrl, waiting)).length > 0);
    const { code } = await terminate();
    await failed;
    await client.end();
    expect(code).toBe(1);
  });

  it('A client that watches the health does not delay the exit', async () => {
    await start({});
    const client = new Client(gateway.grpc, credentials.createInsecure());
    const bytes = (value: Buffer) => value;
    const path = '/grpc.health.v1.Health/Watch';
    const watch = client.makeServerStreamRequest(path, bytes, bytes, Buffer.alloc(0));
    const ended = new Promise((resolve) => watch.on('end', resolve));
    await new Promise((resolve) => watch.once('data', resolve));
    watch.resume();
    const { code } = await terminate();
    await ended;
    client.close();
    expect(code).toBe(0);
  });

  it('A second signal after 1 s ends the gateway at once', async () => {
    await start({ SHUTDOWN_DELAY_MS: '15000' });
    const ended = terminate();
    const again = setInterval(() => gateway.app.kill('SIGTERM'), 1100);
    const { code } = await ended;
    clearInterval(again);
    expect(code).toBe(1);
  });
});
