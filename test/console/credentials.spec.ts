import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Server, ServerCredentials, type ServerUnaryCall, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { consoleSettings, Gateway } from '@wxa/console';
import { ListLanesResponse, OperationsService, Rollout, RolloutsService } from '@wxa/contracts';
import { formatUsers, hashPassword } from '@wxa/policy';
import { createLogger, readConfig } from '@wxa/service';
import { App, createAuthority, freePort } from '@wxa/stack';
import { eventually } from '../eventually.js';
import { Visitor } from './visitor.js';

const MAIN = fileURLToPath(new URL('../../apps/console/dist/main.js', import.meta.url));
const PASSWORD = 'correct horse battery';
const cleanups: (() => unknown)[] = [];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxa-credentials-'));
});
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean();
  await rm(folder, { recursive: true });
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

async function settings(env: Record<string, string>) {
  const usersFile = join(folder, 'users.json');
  const hash = await hashPassword(PASSWORD);
  await writeFile(usersFile, formatUsers([{ name: 'zhang', role: 'operator', hash }]));
  return { CONSOLE_USERS_FILE: usersFile, CONSOLE_SECRET: randomBytes(32).toString('base64'), ...env };
}

it('A replaced client certificate is used by new calls, and a call in progress ends as it would have', async () => {
  const authority = await createAuthority(folder);
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
  const env = await settings({
    GATEWAY_ADDR: `127.0.0.1:${port}`,
    GATEWAY_TLS_CA_FILE: authority.ca,
    GATEWAY_TLS_CERT_FILE: certificate.cert,
    GATEWAY_TLS_KEY_FILE: certificate.key,
  });
  const gateway = new Gateway(readConfig(consoleSettings, env), createLogger('test', 'silent'), 20);
  cleanups.push(() => gateway.close());
  const callerNow = async () =>
    (await gateway.as('张三').operations.listLanes({ pageSize: 1, pageToken: '' })).nextPageToken;
  const first = callerNow();
  await eventually(() => pending.length === 1);
  await authority.issue('console', { cn: 'second' });
  await eventually(async () => (await callerNow()) === 'second');
  pending[0]?.();
  expect(await first).toBe('first');
});

it('A call has the deadline that it was given, otherwise 5 s, and 30 s if it concerns all targets of a rollout', async () => {
  const deadlines: number[] = [];
  const server = new Server();
  const answeredBy =
    (response: object) =>
    (call: ServerUnaryCall<unknown, never>, answer: (error: null, response: object) => void) => {
      deadlines.push(Number(call.getDeadline()) - Date.now());
      answer(null, response);
    };
  server.addService(
    { lanes: OperationsService.listLanes },
    { lanes: answeredBy(ListLanesResponse.create()) },
  );
  server.addService({ rollout: RolloutsService.rollbackRollout }, { rollout: answeredBy(Rollout.create()) });
  const port = await listening(server, ServerCredentials.createInsecure());
  const env = await settings({ GATEWAY_ADDR: `127.0.0.1:${port}` });
  const gateway = new Gateway(readConfig(consoleSettings, env), createLogger('test', 'silent'));
  cleanups.push(() => gateway.close());
  const { operations, rollouts } = gateway.as('张三');
  await operations.listLanes({}, 600_000);
  await operations.listLanes({});
  await rollouts.rollbackRollout({});
  expect(deadlines.map((ms) => [600_000, 30_000, 5_000].find((least) => ms > least / 2))).toEqual([
    600_000, 5_000, 30_000,
  ]);
});

it('A page says that the gateway refuses the console, until its API key is replaced', async () => {
  const port = await gatewayOf(ServerCredentials.createInsecure(), ({ metadata }, answer) => {
    const isKnown = metadata.get('authorization')[0] === 'Bearer good';
    answer(isKnown ? null : { code: status.UNAUTHENTICATED }, ListLanesResponse.fromPartial({}));
  });
  const keyFile = join(folder, 'key');
  await writeFile(keyFile, 'revoked\n');
  const address = `127.0.0.1:${await freePort()}`;
  const app = new App({
    name: 'console',
    script: MAIN,
    env: await settings({
      CONSOLE_ADDR: address,
      GATEWAY_ADDR: `127.0.0.1:${port}`,
      GATEWAY_API_KEY_FILE: keyFile,
    }),
    logFile: join(folder, 'console.log'),
    readyUrl: `http://${address}/readyz`,
  });
  cleanups.push(() => app.stop());
  await app.start();
  await app.waitReady();
  const visitor = new Visitor(`http://${address}`);
  const credentials = { name: 'zhang', password: PASSWORD };
  const page = await visitor.submit(
    await visitor.get('/login?to=/lanes'),
    'form[action="/login"]',
    credentials,
  );
  expect([page.status, page.text]).toEqual([503, expect.stringContaining('网关拒绝了控制台自己的凭据')]);
  await writeFile(keyFile, 'good\n');
  await eventually(async () => (await visitor.get('/lanes')).status === 200);
}, 60_000);
