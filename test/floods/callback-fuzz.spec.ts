import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { afterAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { useGateway } from '../gateway/use-gateway.js';
import { CALLBACK_SETTINGS, type FuzzedPush, fuzzedPush, genuinePush } from './fuzzed-callbacks.js';

/** `npm run fuzz` sends 100,000. */
const PUSHES = Number(process.env.FUZZ_PUSHES ?? 3_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_125);
const SLICE = 500;
const CONNECTIONS = 16;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
// Before the gateway stops, which waits for open connections.
afterAll(() => agent.destroy());
const { gateway } = useGateway(CALLBACK_SETTINGS);

/** Sends a callback and returns its HTTP status. */
function send({ path, query, body }: FuzzedPush): Promise<number> {
  const { hostname, port } = new URL(gateway.http);
  const target = `${path}?${query(body.toString())}`.replace(/[^!-~]/gu, encodeURIComponent);
  return new Promise((resolve, reject) => {
    const sent = request({ agent, method: 'POST', hostname, port, path: target }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', (error) => reject(new Error(`${target}: ${error}`)));
    sent.end(body);
  });
}

async function residentMiB(): Promise<number> {
  const status = await readFile(`/proc/${gateway.app.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/** Sends one slice over all connections. */
async function sendSlice(seed: number, statuses: Map<number, number>): Promise<void> {
  const pushes = fc.sample(fuzzedPush, { seed, numRuns: SLICE }).values();
  const run = async () => {
    for (const push of pushes) {
      const status = await send(push);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, run));
}

it(
  `${PUSHES} fuzzed callbacks are answered with 200 or 4xx, add less than 100 MiB of memory and log no error`,
  async () => {
    const statuses = new Map<number, number>();
    const slices = Math.ceil(PUSHES / SLICE);
    const warm = Math.ceil(slices / 5);
    let warmMiB = 0;
    for (let slice = 0; slice < slices; slice++) {
      if (slice === warm) warmMiB = await residentMiB();
      await sendSlice(SEED + slice, statuses);
    }
    const endMiB = await residentMiB();
    const figures = { statuses: Object.fromEntries(statuses), warmMiB, endMiB };
    if (process.env.FUZZ_PUSHES) process.stderr.write(`${JSON.stringify(figures)}\n`);
    expect(
      [...statuses.keys()].filter((status) => status !== 200 && !(status >= 400 && status < 500)),
    ).toEqual([]);
    for (const status of [200, 403]) expect(statuses.get(status)).toBeGreaterThan(PUSHES / 20);
    expect(endMiB - warmMiB).toBeLessThan(100);
    expect(await send(genuinePush('wxfedcba9876543210'))).toBe(200);
    const log = await readFile(gateway.app.logFile, 'utf8');
    expect(log.split('\n').filter((line) => /"level":"?(50|60|error|fatal)/.test(line))).toEqual([]);
  },
  Math.max(60_000, PUSHES * 10),
);
