import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  CancelOperationRequest,
  CommitRequest,
  ListOperationsRequest,
  ListPagesRequest,
  WaitOperationRequest,
} from '@wxa/contracts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { eventually } from '../eventually.js';
import { call, readRefusal, refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { byLength } from '../length.js';
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

function metadataOf(headers: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

/** An open watch stream; `ended` resolves with the reason and after how many milliseconds it ended. */
function watch(headers: Record<string, string>, appid = '') {
  const since = performance.now();
  const stream = gateway.operations.watchOperations({ appid }, metadataOf(headers));
  let isOpen = true;
  const ended = new Promise<{ code: string | undefined; reason: string | undefined; afterMs: number }>(
    (resolve) => {
      stream.on('error', (error: ServiceError) => {
        isOpen = false;
        const { code, reason } = readRefusal(error);
        resolve({ code, reason, afterMs: performance.now() - since });
      });
    },
  );
  stream.on('data', () => undefined);
  return { ended, cancel: () => stream.cancel(), isOpen: () => isOpen };
}

const get = (headers: Record<string, string>) =>
  refusalOf(call(gateway.operations, gateway.operations.getOperation, { id: UNKNOWN }, { headers }));

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${gateway.http}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
}

describe('credentials and policy of a running gateway', () => {
  it('A JWT is UNAVAILABLE with CREDENTIALS_UNVERIFIABLE while there is no key set, and is accepted once there is one', async () => {
    expect(await get(await bearer('svc:short', 60))).toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'CREDENTIALS_UNVERIFIABLE',
      retryAfterMs: 5_000,
      metadata: { method: 'Operations/GetOperation' },
    });
    writeFileSync(JWT.keysOf(policy), keySet);
    await eventually(async () => (await get(await bearer('svc:short', 60))).reason === 'OPERATION_NOT_FOUND');
  });

  it('A token of another subject is unknown, and an old one is expired', async () => {
    expect(await get(await bearer('svc:other', 60))).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'CALLER_UNKNOWN',
    });
    expect(await get(await bearer('svc:short', -60))).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'CREDENTIALS_EXPIRED',
    });
  });

  it('Open streams end when their JWT or key expires, their key is removed or their caller loses access; others stay open', async () => {
    const [steady, removed, narrowed, expiring] = ['steady', 'removed', 'narrowed', 'expiring'].map((name) =>
      watch(policy.headers(name)),
    );
    const byToken = watch(await bearer('svc:short', 10));
    const named = watch(policy.headers('narrow'), `wxa${'0'.repeat(15)}`);
    await eventually(async () => (await metric('wxa_watch_streams')) === 6);
    const changedAt = performance.now();
    policy.write({
      ...Object.fromEntries(Object.entries(CALLERS).filter(([name]) => name !== 'removed')),
      narrowed: { allow: [{ methods: ['CodeManagement/*'], appids: 'all' }] },
      narrow: { allow: [{ methods: ['Operations/*'], appids: ['wxb*'] }] },
      expiring: { expires: '2020-01-31' },
    });
    const [ofRemoved, ofNarrowed, ofNamed, ofExpiring] = await Promise.all([
      removed?.ended,
      narrowed?.ended,
      named.ended,
      expiring?.ended,
    ]);
    expect(performance.now() - changedAt).toBeLessThan(
      byLength({ short: Number.POSITIVE_INFINITY, long: 15_000 }),
    );
    expect(ofRemoved).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'CALLER_UNKNOWN' });
    expect(ofNarrowed).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' });
    expect(ofNamed).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' });
    expect(ofExpiring).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'CREDENTIALS_EXPIRED' });
    const ofToken = await byToken.ended;
    expect(ofToken).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'CREDENTIALS_EXPIRED' });
    expect(ofToken.afterMs).toBeLessThan(byLength({ short: Number.POSITIVE_INFINITY, long: 40_000 }));
    expect(steady?.isOpen()).toBe(true);
    steady?.cancel();
  }, 60_000);

  it('An open stream ends when the key that signed its JWT is taken out of the key set', async () => {
    const signed = watch(await bearer('svc:short', 600));
    const other = watch(policy.headers('steady'));
    await eventually(async () => (await metric('wxa_watch_streams')) === 2);
    const { publicKey } = await generateKeyPair(ALGORITHM);
    const next = { ...(await exportJWK(publicKey)), kid: 'one', alg: ALGORITHM };
    writeFileSync(JWT.keysOf(policy), JSON.stringify({ keys: [next] }));
    expect(await signed.ended).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'CALLER_UNKNOWN' });
    expect(other.isOpen()).toBe(true);
    other.cancel();
    writeFileSync(JWT.keysOf(policy), keySet);
  }, 60_000);

  it('An invalid policy file changes nothing, and is reported until a valid one replaces it', async () => {
    policy.writeText('version: 1\ncallers: [{ name: steady }]\n');
    await eventually(async () => (await metric('wxa_policy_invalid')) === 1);
    expect(await get(policy.headers('steady'))).toMatchObject({ reason: 'OPERATION_NOT_FOUND' });
    expect(await get(policy.headers('removed'))).toMatchObject({ reason: 'CALLER_UNKNOWN' });
    policy.write(CALLERS);
    await eventually(async () => (await metric('wxa_policy_invalid')) === 0);
    expect(await get(policy.headers('removed'))).toMatchObject({ reason: 'OPERATION_NOT_FOUND' });
  }, 60_000);

  it('Calls that wait end when their caller is removed, and say nothing about an appid that it has lost', async () => {
    policy.write(CALLERS);
    await eventually(async () => (await get(policy.headers('removed'))).reason === 'OPERATION_NOT_FOUND');
    const appid = `wxa${'0'.repeat(15)}`;
    const change = CommitRequest.fromPartial({ appid, userVersion: 'V1', templateId: 1n });
    const steady = { headers: policy.headers('steady') };
    const { id } = await call(gateway.code, gateway.code.commit, change, steady);
    const patient = (name: string) => ({ headers: policy.headers(name), deadlineMs: 120_000 });
    const timeout = { seconds: 100n, nanos: 0 };
    const wait = (name: string) =>
      refusalOf(
        call(
          gateway.operations,
          gateway.operations.waitOperation,
          WaitOperationRequest.fromPartial({ id, timeout }),
          patient(name),
        ),
      );
    const query = ListPagesRequest.fromPartial({ appid });
    const ofRemoved = [
      wait('removed'),
      refusalOf(call(gateway.code, gateway.code.listPages, query, patient('removed'))),
    ];
    const ofNarrow = wait('narrow');
    await eventually(async () => (await metric('wxa_pending_queries')) === 3);
    const before = await loadedAt(gateway);
    policy.write({
      ...Object.fromEntries(Object.entries(CALLERS).filter(([name]) => name !== 'removed')),
      narrow: { allow: [{ methods: ['Operations/*'], appids: ['wxb*'] }] },
    });
    for (const refusal of await Promise.all(ofRemoved))
      expect(refusal).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'CALLER_UNKNOWN' });
    await eventually(async () => (await loadedAt(gateway)) > before);
    await call(
      gateway.operations,
      gateway.operations.cancelOperation,
      CancelOperationRequest.fromPartial({ id }),
      steady,
    );
    expect(await ofNarrow).toMatchObject({ reason: 'OPERATION_NOT_FOUND' });
    policy.write(CALLERS);
  }, 60_000);

  it('A caller may use an appid within 10 s after it was added to a file of appids', async () => {
    policy.write(CALLERS);
    const appid = `wxa${'0'.repeat(15)}`;
    const list = () =>
      call(
        gateway.operations,
        gateway.operations.listOperations,
        ListOperationsRequest.fromPartial({ appid }),
        { headers: policy.headers('listed') },
      );
    await eventually(async () => (await refusalOf(list())).reason === 'CALLER_NOT_ALLOWED');
    policy.writeListed([appid]);
    await eventually(list, 10_000);
  }, 60_000);

  it('A read that began before its caller lost an appid, and each one after it, gets NOT_FOUND', async () => {
    policy.write(CALLERS);
    const appid = `wxa${'0'.repeat(15)}`;
    const request = CommitRequest.fromPartial({ appid, userVersion: 'V1', templateId: 1n });
    const { id } = await call(gateway.code, gateway.code.commit, request, {
      headers: policy.headers('steady'),
    });
    const read = () =>
      call(
        gateway.operations,
        gateway.operations.getOperation,
        { id },
        { headers: policy.headers('narrow') },
      );
    await eventually(async () => (await read()).id === id);
    const release = await database.hold('lock table operations in access exclusive mode');
    const waiting = refusalOf(read());
    await eventually(async () => {
      const locks = await database.rows(
        `select from pg_locks where relation = 'operations'::regclass and not granted`,
      );
      return locks.length > 0;
    });
    const before = await loadedAt(gateway);
    policy.write({ ...CALLERS, narrow: { allow: [{ methods: ['Operations/*'], appids: ['wxb*'] }] } });
    await eventually(async () => (await loadedAt(gateway)) > before);
    await release();
    expect(await waiting).toMatchObject({ reason: 'OPERATION_NOT_FOUND' });
    expect(await refusalOf(read())).toMatchObject({ reason: 'OPERATION_NOT_FOUND' });
    policy.write(CALLERS);
    await eventually(async () => (await read()).id === id);
  }, 60_000);

  it('Health is served to everyone, reflection to every known caller', async () => {
    const client = new Client(gateway.grpc, credentials.createInsecure());
    const bytes = (value: Buffer) => value;
    const health = new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: Buffer) => (error ? reject(error) : resolve(answer));
      client.makeUnaryRequest('/grpc.health.v1.Health/Check', bytes, bytes, Buffer.alloc(0), done);
    });
    expect(await health).toEqual(Buffer.from([0x08, 1]));
    const reflect = (headers: Record<string, string>) =>
      new Promise((resolve, reject) => {
        const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
        const stream = client.makeBidiStreamRequest(path, bytes, bytes, metadataOf(headers));
        stream.on('data', resolve).on('error', reject);
        // ServerReflectionRequest { list_services = 7 }
        stream.write(Buffer.from([0x3a, 0]));
        stream.end();
      });
    expect(Buffer.isBuffer(await reflect(policy.headers('narrow')))).toBe(true);
    expect(await refusalOf(reflect({}))).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'CALLER_UNKNOWN' });
    client.close();
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
});
