import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerUnaryCall, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { consoleSettings, Gateway } from '@wxa/console';
import { ListLanesRequest, ListLanesResponse, OperationsService } from '@wxa/contracts';
import { createLogger, readConfig } from '@wxa/service';
import { createAuthority } from '@wxa/stack';
import { eventually } from '../eventually.js';
import { ApiUser } from './api-user.js';
import { ConsoleProcess, USER } from './console-process.js';
import { Visitor } from './visitor.js';

const LIST_LANES = { method: OperationsService.listLanes, request: ListLanesRequest.create({}) };
/** A listing of lanes by the name of a call that may take long. */
const LONG = { ...LIST_LANES.method, path: '/test/WaitOperation' };
const logger = createLogger('test', 'silent');
const cleanups: (() => unknown)[] = [];
let pages: ConsoleProcess;
beforeAll(async () => {
  pages = await ConsoleProcess.new();
});
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean();
  await pages.remove();
});

type Call = ServerUnaryCall<unknown, ListLanesResponse>;
type Answer = (error: { code: status } | null, response?: ListLanesResponse) => void;

/** A gateway that only lists lanes; returns its port. */
function gatewayOf(
  credentials: ServerCredentials,
  listLanes: (call: Call, answer: Answer) => void,
): Promise<number> {
  const server = new Server();
  server.addService({ listLanes: LIST_LANES.method, long: LONG }, { listLanes, long: listLanes });
  cleanups.push(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

/** The console's client of the gateway at a port. */
function clientOf(port: number, more: Record<string, string> = {}, reloadMs?: number): Gateway {
  const settings = readConfig(consoleSettings, { ...pages.env, GATEWAY_ADDR: `127.0.0.1:${port}`, ...more });
  const gateway = new Gateway(settings, logger, {}, reloadMs);
  cleanups.push(() => gateway.close());
  return gateway;
}

it('A replaced client certificate is used by new calls, and a call in progress ends as it would have', async () => {
  const authority = await createAuthority(pages.folder);
  const server = await authority.issue('gateway', { cn: 'gateway', names: ['IP:127.0.0.1'] });
  const [ca, key, cert] = await Promise.all(
    [authority.ca, server.key, server.cert].map((path) => readFile(path)),
  );
  const pair = { private_key: key as Buffer, cert_chain: cert as Buffer };
  const callers: (string | undefined)[] = [];
  const pending: (() => void)[] = [];
  const port = await gatewayOf(ServerCredentials.createSsl(ca as Buffer, [pair], true), (call, answer) => {
    const caller = String(call.getAuthContext().sslPeerCertificate?.subject.CN);
    callers.push(caller);
    const respond = () => answer(null, ListLanesResponse.fromPartial({ nextPageToken: caller }));
    if (callers.length === 1) pending.push(respond);
    else respond();
  });
  const certificate = await authority.issue('console', { cn: 'first' });
  const next = await authority.issue('next', { cn: 'second' });
  const env = {
    GATEWAY_TLS_CA_FILE: authority.ca,
    GATEWAY_TLS_CERT_FILE: certificate.cert,
    GATEWAY_TLS_KEY_FILE: certificate.key,
  };
  const gateway = clientOf(port, env, 20);
  const callerNow = async () => (await gateway.call(LIST_LANES, { name: '张三' })).nextPageToken;
  const first = callerNow();
  await eventually(() => pending.length === 1);
  await Promise.all([rename(next.key, certificate.key), rename(next.cert, certificate.cert)]);
  await eventually(async () => (await callerNow()) === 'second');
  pending[0]?.();
  expect(await first).toBe('first');
});

it('A call has 5 s, and 30 s if it may take long', async () => {
  const left: number[] = [];
  const port = await gatewayOf(ServerCredentials.createInsecure(), (call, answer) => {
    left.push(Number(call.getDeadline()) - Date.now());
    answer(null, ListLanesResponse.create());
  });
  const gateway = clientOf(port);
  // The deadline of the first call runs while it connects.
  for (const method of [LONG, LONG, LIST_LANES.method])
    await gateway.call({ ...LIST_LANES, method }, { name: '张三' });
  expect(left.slice(1).map((ms) => [30_000, 5_000].find((least) => ms > least / 2))).toEqual([30_000, 5_000]);
});

it('An answer says that the gateway refuses the console, until its API key is replaced', async () => {
  const port = await gatewayOf(ServerCredentials.createInsecure(), ({ metadata }, answer) => {
    const isKnown = metadata.get('authorization')[0] === 'Bearer good';
    answer(isKnown ? null : { code: status.UNAUTHENTICATED }, ListLanesResponse.fromPartial({}));
  });
  const keyFile = join(pages.folder, 'key');
  await writeFile(keyFile, 'revoked\n');
  await pages.start({ GATEWAY_ADDR: `127.0.0.1:${port}`, GATEWAY_API_KEY_FILE: keyFile });
  const visitor = new Visitor(pages.origin);
  await visitor.logIn(USER);
  const user = await ApiUser.of(pages.origin, visitor);
  const refused = await user.call('Operations/ListLanes', {});
  expect(refused).toMatchObject({ status: 503, json: { reason: 'CREDENTIAL_REFUSED' } });
  await writeFile(keyFile, 'hunter2\nhunter3\n');
  const log = () => readFile(join(pages.folder, 'console.log'), 'utf8');
  await eventually(async () => (await log()).includes('api key invalid'));
  expect(await log()).not.toContain('hunter');
  await writeFile(keyFile, 'good\n');
  await eventually(async () => (await user.call('Operations/ListLanes', {})).status === 200);
});
