import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerUnaryCall, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { consoleSettings, Gateway } from '@wxa/console';
import {
  ListLanesRequest,
  ListLanesResponse,
  OperationsService,
  RollbackRolloutRequest,
  Rollout,
  RolloutsService,
} from '@wxa/contracts';
import { formatUsers, hashPassword } from '@wxa/policy';
import { createLogger, readConfig } from '@wxa/service';
import { createAuthority } from '@wxa/stack';
import { eventually } from '../eventually.js';
import { ApiUser } from './api-user.js';
import { ConsoleProcess, USER } from './console-process.js';
import { Visitor } from './visitor.js';

const LIST_LANES = { method: OperationsService.listLanes, request: ListLanesRequest.create({}) };
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
function gatewayOf(credentials: ServerCredentials, listLanes: (call: Call, answer: Answer) => void) {
  const server = new Server();
  server.addService({ listLanes: OperationsService.listLanes }, { listLanes });
  return listening(server, credentials);
}

/** The port of a server. */
function listening(server: Server, credentials: ServerCredentials): Promise<number> {
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

it('A call has 5 s, and 30 s if it concerns all targets of a rollout', async () => {
  const deadlines: number[] = [];
  const server = new Server();
  const answeredBy =
    (response: object) =>
    (call: ServerUnaryCall<unknown, never>, answer: (error: null, response: object) => void) => {
      deadlines.push(Number(call.getDeadline()) - Date.now());
      answer(null, response);
    };
  const { listLanes } = OperationsService;
  const { rollbackRollout } = RolloutsService;
  server.addService({ lanes: listLanes }, { lanes: answeredBy(ListLanesResponse.create()) });
  server.addService({ rollout: rollbackRollout }, { rollout: answeredBy(Rollout.create()) });
  const gateway = clientOf(await listening(server, ServerCredentials.createInsecure()));
  const list = () => gateway.call(LIST_LANES, { name: '张三' });
  // Its deadline runs while it connects.
  await list();
  deadlines.length = 0;
  await list();
  const rollback = { method: rollbackRollout, request: RollbackRolloutRequest.create() };
  await gateway.call(rollback, { name: '张三' });
  expect(deadlines.map((ms) => [30_000, 5_000].find((least) => ms > least / 2))).toEqual([5_000, 30_000]);
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

it('A user of a scope is called for with the API key of that scope, and one of an unknown scope cannot log in', async () => {
  const seen: string[] = [];
  const port = await gatewayOf(ServerCredentials.createInsecure(), ({ metadata }, answer) => {
    seen.push([metadata.get('authorization')[0], metadata.get('wxa-on-behalf-of')[0]].join(' '));
    answer(null, ListLanesResponse.fromPartial({}));
  });
  const [file, key] = [join(pages.folder, 'scopes.json'), join(pages.folder, 'food.key')];
  await writeFile(key, 'of-food\n');
  await writeFile(file, JSON.stringify({ scopes: { food: { apiKeyFile: key } } }));
  const hash = await hashPassword(USER.password);
  const users = [
    { name: 'cook', role: 'viewer' as const, scope: 'food', hash },
    { name: 'lost', role: 'operator' as const, scope: 'gone', hash },
  ];
  const usersFile = join(pages.folder, 'scoped.json');
  await writeFile(usersFile, formatUsers(users));
  await pages.start({
    GATEWAY_ADDR: `127.0.0.1:${port}`,
    CONSOLE_SCOPES_FILE: file,
    CONSOLE_USERS_FILE: usersFile,
  });
  const visitor = new Visitor(pages.origin);
  expect((await visitor.logIn({ ...USER, name: 'lost' })).status).toBe(401);
  await visitor.logIn({ ...USER, name: 'cook' });
  const user = await ApiUser.of(pages.origin, visitor);
  expect((await user.call('Operations/ListLanes', {})).status).toBe(200);
  expect(seen).toEqual(['Bearer of-food cook']);
  await writeFile(key, 'hunter2\nhunter3\n');
  const log = () => readFile(join(pages.folder, 'console.log'), 'utf8');
  await eventually(async () =>
    expect(await log()).toContain('"setting":"CONSOLE_SCOPES_FILE","scope":"food"'),
  );
});
