import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { beforeAll, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { metadataOf, type Refusal, readRefusal, refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { healthOf } from '../grpc-health.js';
import { byLength } from '../length.js';
import { readMetric } from '../metrics/exposition.js';
import { JWT, loadedAt, usePolicy } from './shared-policy.js';
import type { TestCaller } from './test-policy.js';

const ALGORITHM = 'ES256';
const UNKNOWN = '01999999-9999-7999-8999-999999999999';
const jwt = (subject: string) => ({ jwt: { issuer: JWT.issuer, subject } });
const CALLERS: Record<string, TestCaller> = {
  steady: {},
  short: { credentials: [jwt('svc:short')] },
  removed: {},
  narrowed: {},
  narrow: { allow: [{ methods: ['Operations/*'], appids: ['wxa*'] }] },
  expiring: {},
  listed: { allow: [{ methods: ['Operations/*'], appids: ['listed'] }] },
};
const { gateway, database } = useSharedGateway('policy');
const policy = usePolicy(gateway, CALLERS);
let sign: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
let keySet: string;
beforeAll(async () => {
  const pair = await generateKeyPair(ALGORITHM);
  sign = pair.privateKey;
  keySet = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: ALGORITHM }] });
});

async function bearer(subject: string, expiresInS: number): Promise<Record<string, string>> {
  const token = await new SignJWT({ iss: JWT.issuer, aud: JWT.audience, sub: subject })
    .setProtectedHeader({ alg: ALGORITHM, kid: 'one' })
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInS)
    .sign(sign);
  return { authorization: `Bearer ${token}` };
}

/** An open watch stream; `ended` resolves with its refusal. */
function watch(headers: Record<string, string>, appid = '') {
  const stream = gateway.operations.watchOperations({ appid }, metadataOf(headers));
  let isOpen = true;
  const ended = new Promise<Refusal>((resolve) => {
    stream.on('error', (error: ServiceError) => {
      isOpen = false;
      resolve(readRefusal(error));
    });
  });
  stream.on('data', () => undefined);
  return { ended, cancel: () => stream.cancel(), isOpen: () => isOpen };
}

const get = (headers: Record<string, string>) =>
  refusalOf(gateway.rpc('getOperation', { id: UNKNOWN }, { headers }));
const metric = (name: string) => readMetric(gateway.http, name);
const untilOpen = (streams: number) =>
  eventually(async () => (await metric('wxa_watch_streams')) === streams);
const untilKnown = (caller: string) =>
  eventually(async () => (await get(policy.headers(caller))).reason === 'OPERATION_NOT_FOUND');

/** Replaces the policy and waits until it is in force. */
async function change(callers: Record<string, TestCaller>): Promise<void> {
  const before = await loadedAt(gateway);
  policy.write(callers);
  await eventually(async () => (await loadedAt(gateway)) > before);
}

const limitMs = (long: number) => byLength({ short: Number.POSITIVE_INFINITY, long });
const { removed: _, ...REMAINING } = CALLERS;
const APPID = `wxa${'0'.repeat(15)}`;
const MOVED = { allow: [{ methods: ['Operations/*'], appids: ['wxb*'] }] };
const commit = () =>
  gateway.rpc('commit', { appid: APPID, userVersion: 'V1', templateId: 1n }, policy.as('steady'));
const REFUSED = {
  unknown: { code: 'UNAUTHENTICATED', reason: 'CALLER_UNKNOWN' },
  expired: { code: 'UNAUTHENTICATED', reason: 'CREDENTIALS_EXPIRED' },
  denied: { code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' },
};

it('A JWT is UNAVAILABLE with CREDENTIALS_UNVERIFIABLE while there is no key set, and is accepted once there is one', async () => {
  expect(await get(await bearer('svc:short', 60))).toMatchObject({
    ...{ code: 'UNAVAILABLE', reason: 'CREDENTIALS_UNVERIFIABLE', retryAfterMs: 5_000 },
    metadata: { method: 'Operations/GetOperation' },
  });
  writeFileSync(JWT.keysOf(policy), keySet);
  await eventually(async () => (await get(await bearer('svc:short', 60))).reason === 'OPERATION_NOT_FOUND');
});

it('Open streams end when their key expires or is removed, or their caller loses access; others stay open', async () => {
  const [steady, ...ending] = ['steady', 'removed', 'narrowed', 'expiring'].map((name) =>
    watch(policy.headers(name)),
  );
  ending.push(watch(policy.headers('narrow'), APPID));
  await untilOpen(5);
  const changedAt = performance.now();
  policy.write({
    ...REMAINING,
    narrowed: { allow: [{ methods: ['CodeManagement/*'], appids: 'all' }] },
    narrow: MOVED,
    expiring: { expires: '2020-01-31' },
  });
  const { unknown, denied, expired } = REFUSED;
  const refusals = await Promise.all(ending.map(({ ended }) => ended));
  expect(performance.now() - changedAt).toBeLessThan(limitMs(15_000));
  expect(refusals).toMatchObject([unknown, denied, expired, denied]);
  expect(steady?.isOpen()).toBe(true);
  steady?.cancel();
  await untilOpen(0);
});

it.concurrent('An open stream ends when its JWT expires', async () => {
  const stream = watch(await bearer('svc:short', 4));
  const openedAt = performance.now();
  await untilOpen(1);
  expect(await stream.ended).toMatchObject(REFUSED.expired);
  expect(performance.now() - openedAt).toBeLessThan(limitMs(34_000));
});

it.concurrent('An invalid policy file changes nothing, and is reported until a valid one replaces it', async () => {
  policy.writeText('version: 1\ncallers: [{ name: steady }]\n');
  await eventually(async () => (await metric('wxa_policy_invalid')) === 1);
  expect(await get(policy.headers('steady'))).toMatchObject({ reason: 'OPERATION_NOT_FOUND' });
  expect(await get(policy.headers('removed'))).toMatchObject({ reason: 'CALLER_UNKNOWN' });
  policy.write(CALLERS);
  await eventually(async () => (await metric('wxa_policy_invalid')) === 0);
  expect(await get(policy.headers('removed'))).toMatchObject({ reason: 'OPERATION_NOT_FOUND' });
});

it('An open stream ends when the key that signed its JWT is taken out of the key set', async () => {
  const signed = watch(await bearer('svc:short', 600));
  const other = watch(policy.headers('steady'));
  await untilOpen(2);
  const { publicKey } = await generateKeyPair(ALGORITHM);
  const next = { ...(await exportJWK(publicKey)), kid: 'one', alg: ALGORITHM };
  writeFileSync(JWT.keysOf(policy), JSON.stringify({ keys: [next] }));
  expect(await signed.ended).toMatchObject(REFUSED.unknown);
  expect(other.isOpen()).toBe(true);
  other.cancel();
  writeFileSync(JWT.keysOf(policy), keySet);
});

it('Calls that wait end when their caller is removed, and say nothing about an appid that it has lost', async () => {
  policy.write(CALLERS);
  await untilKnown('removed');
  const { id } = await commit();
  const wait = (caller: string) => {
    const settings = { ...policy.as(caller), deadlineMs: 120_000 };
    return refusalOf(gateway.rpc('waitOperation', { id, timeout: { seconds: 100n } }, settings));
  };
  const query = gateway.rpc('listPages', { appid: APPID }, { ...policy.as('removed'), deadlineMs: 120_000 });
  const ofRemoved = [wait('removed'), refusalOf(query)];
  const ofNarrow = wait('narrow');
  await eventually(async () => (await metric('wxa_pending_queries')) === 3);
  await change({ ...REMAINING, narrow: MOVED });
  expect(await Promise.all(ofRemoved)).toMatchObject([REFUSED.unknown, REFUSED.unknown]);
  await gateway.rpc('cancelOperation', { id }, policy.as('steady'));
  expect(await ofNarrow).toMatchObject({ reason: 'OPERATION_NOT_FOUND' });
});

it('A caller may use an appid within 10 s after it was added to a file of appids', async () => {
  policy.write(CALLERS);
  const list = () => gateway.rpc('listOperations', { appid: APPID }, policy.as('listed'));
  await eventually(async () => (await refusalOf(list())).reason === 'CALLER_NOT_ALLOWED');
  policy.writeListed([APPID]);
  await eventually(list, byLength({ short: 60_000, long: 10_000 }));
});

it('A read that began before its caller lost an appid, and each one after it, gets NOT_FOUND', async () => {
  policy.write(CALLERS);
  const { id } = await commit();
  const read = () => gateway.rpc('getOperation', { id }, policy.as('narrow'));
  await eventually(async () => (await read()).id === id);
  const release = await database.hold('lock table operations in access exclusive mode');
  const waiting = refusalOf(read());
  const blocked = `${BLOCKED} and wait_event = 'relation'`;
  await eventually(async () => (await database.rows(blocked)).length > 0);
  await change({ ...CALLERS, narrow: MOVED });
  await release();
  expect(await waiting).toMatchObject({ reason: 'OPERATION_NOT_FOUND' });
  expect(await refusalOf(read())).toMatchObject({ reason: 'OPERATION_NOT_FOUND' });
  policy.write(CALLERS);
  await eventually(async () => (await read()).id === id);
});

it('Health is served to everyone, reflection to every known caller', async () => {
  expect(await healthOf(gateway.grpc, credentials.createInsecure())).toBe('SERVING');
  const bytes = (value: Buffer) => value;
  const reflect = (headers: Record<string, string>) =>
    new Promise((resolve, reject) => {
      const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
      const stream = gateway.code.makeBidiStreamRequest(path, bytes, bytes, metadataOf(headers));
      stream.on('data', resolve).on('error', reject);
      // ServerReflectionRequest { list_services = 7 }
      stream.write(Buffer.from([0x3a, 0]));
      stream.end();
    });
  expect(Buffer.isBuffer(await reflect(policy.headers('narrow')))).toBe(true);
  expect(await refusalOf(reflect({}))).toMatchObject(REFUSED.unknown);
});

it('No credential is in the log, in errors or in the metrics', async () => {
  const token = await bearer('svc:short', -60);
  const refused = await Promise.all([token, policy.headers('removed'), policy.headers('other')].map(get));
  const [log, metrics] = await Promise.all([
    readFile(gateway.app.logFile, 'utf8'),
    fetch(`${gateway.http}/metrics`).then((response) => response.text()),
  ]);
  const published = [log, metrics, JSON.stringify(refused)].join();
  expect(published).toContain('"msg":"rpc"');
  for (const headers of [token, ...[...Object.keys(CALLERS), 'other'].map((name) => policy.headers(name))])
    expect(published).not.toContain(headers.authorization?.slice(-30));
});
