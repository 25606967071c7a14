import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  App,
  type Authority,
  createAuthority,
  createDatabase,
  freePort,
  startStack,
  temporaryFolder,
} from '@wxa/stack';
import { type ClientOptions, LightCaller } from '../load/light-caller.js';
import type { Servers } from '../load/servers.js';
import type { AccessTurn } from '../results.js';
import type { Run } from '../run.js';
import { createTokens, type Tokens } from './tokens.js';

const GATEWAY = fileURLToPath(new URL('../../../apps/gateway/dist/main.js', import.meta.url));
const API_KEY = `wxa_benchkey_${'k'.repeat(43)}`;
/** Never reached, so that the limits are checked and no call is rejected. */
const LIMITS = { perSecond: 1_000_000, burst: 1_000_000, unfinished: 1e9, uploadBytes: 1e9 };

/** A gateway and a client of it with one kind of credential. */
export interface Target {
  what: AccessTurn['what'];
  gateway: App;
  caller: LightCaller;
}

/**
 * Starts a gateway with TLS for each kind of credential, and two without a policy. A further one publishes what they accept and
 * is not measured.
 */
export async function startTargets(run: Run, { postgres, kafka }: Servers): Promise<Target[]> {
  const folder = await temporaryFolder('bench-access');
  run.register({ stop: () => folder.release() });
  const authority = await createAuthority(folder.path);
  const tokens = await createTokens(folder.path);
  const env = {
    ...(await tlsSettings(authority)),
    DATABASE_URL: await createDatabase(postgres.url, 'access'),
    KAFKA_BROKERS: kafka.brokers,
    WECHAT_API_URL: 'http://127.0.0.1:9',
    WECHAT_TOKEN_SOURCE: 'endpoint',
    WECHAT_TOKEN_URL: 'http://127.0.0.1:9/token',
    WECHAT_CALLBACK_MODE: 'plain',
    // For those without a policy, although they verify client certificates.
    AUTH: 'none',
    LOG_LEVEL: 'warn',
  };
  run.register(await startStack({ env, workers: 0, withSim: false, signal: run.signal }));
  const ca = await readFile(authority.ca);
  const target = async (what: AccessTurn['what'], policy?: string, client: ClientOptions = {}) => {
    const access = policy === undefined ? {} : { ...tokens.settings, AUTH_POLICY_FILE: policy };
    const { gateway, grpc } = run.register(await startGateway(folder.path, { ...env, ...access }));
    return { what, gateway, caller: run.register(new LightCaller(grpc, { tls: { ca }, ...client })) };
  };
  const policy = await writePolicy(join(folder.path, 'policy.yaml'), tokens);
  const limits = await writePolicy(join(folder.path, 'limits.yaml'), tokens, LIMITS);
  const certificate = await authority.issue('caller', { cn: 'caller' });
  const [cert, key] = await Promise.all([readFile(certificate.cert), readFile(certificate.key)]);
  const authorization = `Bearer ${tokens.token}`;
  return [
    await target('no policy'),
    await target('no policy, a second process'),
    await target('client certificate', policy, { tls: { ca, cert, key } }),
    await target('API key', policy, { authorization: `Bearer ${API_KEY}` }),
    await target('JWT', policy, { authorization }),
    await target('JWT, all limits', limits, { authorization }),
  ];
}

async function tlsSettings(authority: Authority): Promise<Record<string, string>> {
  const { cert, key } = await authority.issue('gateway', { cn: 'gateway', names: ['IP:127.0.0.1'] });
  return {
    GRPC_TLS_CERT_FILE: cert,
    GRPC_TLS_KEY_FILE: key,
    GRPC_TLS_CLIENT_CA_FILE: authority.ca,
    GRPC_TLS_CLIENT_AUTH: 'optional',
  };
}

async function startGateway(folder: string, env: Record<string, string>) {
  const [grpc, http] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const gateway = new App({
    name: 'gateway',
    script: GATEWAY,
    env: { ...env, GRPC_ADDR: grpc, HTTP_ADDR: http },
    logFile: join(folder, `${grpc}.log`),
    readyUrl: `http://${http}/readyz`,
  });
  await gateway.start();
  await gateway.waitReady();
  return { gateway, grpc, stop: () => gateway.stop() };
}

async function writePolicy(path: string, { issuer, subject }: Tokens, limits?: object): Promise<string> {
  const sha256 = createHash('sha256').update(API_KEY).digest('hex');
  const credentials = [
    { jwt: { issuer, subject } },
    { cn: 'caller' },
    { apiKey: { id: 'benchkey', sha256 } },
  ];
  const allow = [{ methods: ['CodeManagement/*'], appids: ['wx0*'] }];
  const callers = [{ name: 'caller', credentials, allow, limits }];
  await writeFile(path, JSON.stringify({ version: 1, callers }));
  return path;
}
