import type { Socket } from 'node:net';
import { Client, credentials, status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { CommitRequest } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call } from '../gateway/calls.js';
import { useGateway } from '../gateway/use-gateway.js';
import { byLength } from '../length.js';
import { type RawCall, sendAll } from './raw-calls.js';

const MB = 1_000_000;
const NAMES = byLength({ short: 500, long: 10_000 });
const CONNECTIONS = byLength({ short: 300, long: 2_000 });
const MAX_DELAY_MS = 100;

const { gateway } = useGateway();

/** A watch of the whole process: an empty HealthCheckRequest. */
const WATCH = { path: '/grpc.health.v1.Health/Watch', message: Buffer.alloc(0) } satisfies RawCall;

/** HealthCheckRequest {service = 1}: a tag, the length as a varint, the name. */
const requestOf = (name: string) =>
  Buffer.concat([Buffer.from([0x0a, 0xc0, 0x84, 0x3d]), Buffer.from(name.padEnd(MB, 'a'))]);

/** Sends watches on a connection of their own; returns the codes with which they ended. */
async function codesOf(requests: Buffer[]): Promise<number[]> {
  const client = new Client(gateway.grpc, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  const identity = (bytes: Buffer) => bytes;
  const codes = requests.map((request) => {
    const stream = client.makeServerStreamRequest(WATCH.path, identity, identity, request);
    stream.on('error', () => undefined).resume();
    return new Promise<number>((resolve) => stream.on('status', ({ code }) => resolve(code)));
  });
  return Promise.all(codes).finally(() => client.close());
}

async function metric(pattern: RegExp): Promise<number> {
  const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
  return Number(pattern.exec(metrics)?.[1]);
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

describe('anonymous clients of Health', () => {
  it(`${NAMES} watches of names of 1 MB leave no more than 20 MB in the heap`, async () => {
    const heap = () => metric(/^nodejs_heap_size_used_bytes (\S+)$/m);
    await longestCommitMs(20);
    const before = await heap();
    for (let i = 0; i < NAMES; i += 20) {
      const codes = await codesOf(Array.from({ length: 20 }, (_, n) => requestOf(`${i + n}`)));
      expect(new Set(codes)).toEqual(new Set([status.INVALID_ARGUMENT]));
    }
    await eventually(async () => (await heap()) - before < 20 * MB);
  }, 1_800_000);

  it(`${CONNECTIONS} connections that each hold a watch of the health delay no Commit`, async () => {
    await longestCommitMs(200);
    const idleMs = await longestCommitMs(100);
    const sockets: Socket[] = [];
    const opening = (async () => {
      for (let i = 0; i < CONNECTIONS; i++) sockets.push(await sendAll(gateway.grpc, [WATCH]));
    })();
    const whileOpeningMs = await longestCommitMs(100);
    await opening;
    expect(await codesOf([WATCH.message])).toEqual([status.RESOURCE_EXHAUSTED]);
    const heldMs = await longestCommitMs(100);
    for (const socket of sockets) socket.destroy();
    // A time that the usual run, beside other tests, could not keep.
    if (process.env.CHECK === 'long')
      expect(Math.max(whileOpeningMs, heldMs) - idleMs).toBeLessThan(MAX_DELAY_MS);
  }, 120_000);
});
