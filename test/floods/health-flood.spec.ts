import type { Socket } from 'node:net';
import { Client, credentials, status } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { CommitRequest } from '@wxa/contracts';
import { call } from '../gateway/calls.js';
import { useGateway } from '../gateway/use-gateway.js';
import { byLength } from '../length.js';
import { type RawCall, sendAll } from './raw-calls.js';

const CONNECTIONS = byLength({ short: 300, long: 2_000 });
const MAX_DELAY_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 100 });

const { gateway } = useGateway();

/** A watch of the whole process: an empty HealthCheckRequest. */
const WATCH = { path: '/grpc.health.v1.Health/Watch', message: Buffer.alloc(0) } satisfies RawCall;
/** HealthCheckRequest {service = 1} with a name of 101 bytes. */
const LONG_NAME = Buffer.concat([Buffer.of(0x0a, 101), Buffer.alloc(101, 'a')]);

/** The code with which a watch ends, on a connection of its own. */
async function codeOf(message: Buffer): Promise<number> {
  const client = new Client(gateway.grpc, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  const identity = (bytes: Buffer) => bytes;
  const stream = client.makeServerStreamRequest(WATCH.path, identity, identity, message);
  stream.on('error', () => undefined).resume();
  const code = new Promise<number>((resolve) => stream.on('status', (ended) => resolve(ended.code)));
  return code.finally(() => client.close());
}

let appids = 0;
async function commitMs(): Promise<number> {
  appids += 1;
  const appid = `wx${appids.toString(16).padStart(16, '0')}`;
  const since = performance.now();
  const request = CommitRequest.fromPartial({ appid, templateId: 1n, userVersion: 'V1' });
  await call(gateway.code, gateway.code.commit, request);
  return performance.now() - since;
}

/** The longest of several commits, one after another. */
async function longestCommitMs(count: number): Promise<number> {
  let longest = 0;
  for (let i = 0; i < count; i++) longest = Math.max(longest, await commitMs());
  return longest;
}

it(`${CONNECTIONS} connections of clients without a credential that each hold a watch of the health delay no Commit`, async () => {
  expect(await codeOf(LONG_NAME)).toBe(status.INVALID_ARGUMENT);
  await longestCommitMs(200);
  const idleMs = await longestCommitMs(100);
  const sockets: Socket[] = [];
  const opening = (async () => {
    for (let i = 0; i < CONNECTIONS; i++) sockets.push(await sendAll(gateway.grpc, [WATCH]));
  })();
  const whileOpeningMs = await longestCommitMs(100);
  await opening;
  expect(await codeOf(WATCH.message)).toBe(status.RESOURCE_EXHAUSTED);
  const heldMs = await longestCommitMs(100);
  for (const socket of sockets) socket.destroy();
  expect(Math.max(whileOpeningMs, heldMs) - idleMs).toBeLessThan(MAX_DELAY_MS);
});
