import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort } from '@wxa/stack';
import type { LoadResult } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { serve } from '../serve.js';
import { useFolder } from '../use-folder.js';
import { useWorld, world } from '../use-world.js';
import { percentile, show, spread } from './figures.js';
import { OldProgram } from './old-program.js';

/** Texts a second. `warmUp`: of processes that have just started, which compile while they answer. */
const LOAD = byLength({
  short: { rate: 50, seconds: 6, warmUp: 2 },
  long: { rate: 200, seconds: 30, warmUp: 15 },
});
/** For the old program, and for a target of their own. */
const NAMES = [...Array<string>(9).fill('text'), 'shop_order'];
const ROUNDS = byLength({ short: 1, long: 3 });
const LIMITS = byLength({
  short: { p50: Number.POSITIVE_INFINITY, p99: Number.POSITIVE_INFINITY, share: Number.POSITIVE_INFINITY },
  long: { p50: 20, p99: 100, share: 1.2 },
});
/** Below it a difference between two p99 is chance. */
const CHANCE_MS = 20;
const MAX_HELD = 50;

const folder = useFolder();
let old: OldProgram;
let port: number;
let stopOther: () => Promise<void>;
/** Whether the other target hangs; the requests that it holds, now and at most. */
const other = { hangs: false, holds: 0, most: 0 };
useWorld(async () => {
  const { url, stop } = await serve((request, response) => {
    if (!other.hangs) return void response.end('success');
    other.holds += 1;
    other.most = Math.max(other.most, other.holds);
    request.socket.once('close', () => {
      other.holds -= 1;
    });
  });
  stopOther = stop;
  port = await freePort();
  const file = join(folder, 'forwards.yaml');
  const rules = [
    `{ name: other, events: [shop_order], url: "${url}", maxInFlight: ${MAX_HELD} }`,
    `{ name: old-program, events: ["*"], url: "http://127.0.0.1:${port}/wechat/$APPID$" }`,
  ];
  writeFileSync(file, `version: 1\nforwards:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);
  return { follow: false, env: { CALLBACK_FORWARD_FILE: file } };
});
beforeAll(async () => {
  const { wechat: WECHAT_API_URL } = world.stack.addresses;
  old = await OldProgram.start(port, { ...world.settings, WECHAT_API_URL }, folder);
});
afterAll(async () => {
  await old?.stop();
  await stopOther?.();
});

interface Load {
  url: string;
  names: string[];
  perSecond: number;
  seconds?: number;
}

/** Sends a load to an URL, and returns how it ended. */
async function load({ url, names, perSecond, seconds = LOAD.seconds }: Load): Promise<LoadResult[]> {
  await world.sim.registerUrl(url);
  const appids = Array.from({ length: 50 }, newAppid);
  // WeChat waits 5 s for an answer before it repeats a callback.
  await world.sim.startLoad({ rate: perSecond, seconds, names, appids, retryMs: 5_000 });
  await eventually(async () => {
    const { isRunning, open } = await world.sim.load();
    return !isRunning && open === 0;
  }, 180_000);
  const results = await world.sim.loadResults();
  await expectReplies();
  return results;
}

const toOldProgram = (seconds = LOAD.seconds) =>
  load({ url: `${old.url}/wechat/$APPID$`, names: ['text'], perSecond: LOAD.rate, seconds });
/** As many texts, and the callbacks of the other target. */
const toGateway = (seconds = LOAD.seconds) => {
  const url = `${world.stack.addresses.http}/wechat/callback/$APPID$`;
  return load({ url, names: NAMES, perSecond: (LOAD.rate * 10) / 9, seconds });
};
const isText = ({ event }: LoadResult) => event === 'text';
const msOf = (results: readonly LoadResult[]) =>
  results.filter(isText).map(({ lastAt, endedAt }) => endedAt - lastAt);

async function expectReplies(): Promise<void> {
  const texts = (await world.sim.pushes()).filter(({ event }) => event === 'text');
  const answered = texts.filter(({ status }) => status === 200);
  expect(answered.length).toBeGreaterThan(LOAD.rate);
  expect(answered.filter(({ reply }) => reply === undefined).slice(0, 3)).toEqual([]);
  await world.sim.clearLedger();
}

it(
  'Each text of a load gets the reply of its target, with little delay, also while another target hangs, which holds no more than it may',
  async () => {
    const times = { direct: [] as number[], forwarded: [] as number[], besideHanging: [] as number[] };
    await toOldProgram(LOAD.warmUp);
    await toGateway(LOAD.warmUp);
    for (let round = 0; round < ROUNDS; round += 1) {
      times.direct.push(...msOf(await toOldProgram()));
      times.forwarded.push(...msOf(await toGateway()));
      other.hangs = true;
      const both = await toGateway();
      other.hangs = false;
      expect(both.filter((one) => !isText(one) && one.isAccepted)).toEqual([]);
      times.besideHanging.push(...msOf(both));
    }
    expect(other.most).toBeGreaterThan(0);
    expect(other.most).toBeLessThanOrEqual(MAX_HELD);
    for (const [what, ms] of Object.entries(times)) show(what, spread(ms));
    const added = (share: number) => percentile(times.forwarded, share) - percentile(times.direct, share);
    show('added at p50, in ms', added(0.5));
    show('added at p99, in ms', added(0.99));
    expect(added(0.5)).toBeLessThan(LIMITS.p50);
    expect(added(0.99)).toBeLessThan(LIMITS.p99);
    const [alone, beside] = [times.forwarded, times.besideHanging].map((ms) => percentile(ms, 0.99));
    expect(beside).toBeLessThan((alone ?? 0) * LIMITS.share + CHANCE_MS);
  },
  byLength({ short: 300_000, long: 900_000 }),
);
