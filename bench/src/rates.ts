// The limit of one API over all workers: what is used of it, and the most calls in any one second. The figures are kept
// in bench/results/rates.json.
import { loadavg } from 'node:os';
import { startStack, stopOnSignal } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import { appids } from './appids.js';
import { Caller, withConcurrency } from './caller.js';
import { effects, mostInOneSecond } from './measure.js';
import type { RatesRow } from './results.js';
import { keep, machine } from './run.js';

const LIMIT = 100;
const SECONDS = 60;
/** Work is still coming in during the first second. */
const COMMITS = LIMIT * (SECONDS + 1);

const aborted = new AbortController();
let stopStack = async (): Promise<void> => undefined;
stopOnSignal(async () => {
  aborted.abort();
  await stopStack();
});

console.log(`WECHAT_RATE_PER_API=${LIMIT}, ${SECONDS} s, commits of ${COMMITS} mini-programs`);
console.log('workers  most in 1 s  used');
const loadBefore = Number((loadavg()[0] ?? 0).toFixed(1));
const rows: RatesRow[] = [];
for (const workers of [1, 2, 4]) {
  const starts = await callStarts(workers);
  const row = {
    workers,
    mostInOneSecond: mostInOneSecond(starts),
    used: Number(shareUsed(starts).toFixed(4)),
  };
  rows.push(row);
  const most = String(row.mostInOneSecond).padStart(11);
  console.log(`${String(workers).padStart(7)}  ${most}  ${(100 * row.used).toFixed(1)} %`);
}
const at = new Date().toISOString();
await keep('rates', { at, machine: machine(), loadBefore, perSecond: LIMIT, seconds: SECONDS, rows });

async function callStarts(workers: number): Promise<number[]> {
  const env = { WECHAT_RATE_PER_API: String(LIMIT), LOG_LEVEL: 'warn' };
  const stack = await startStack({ workers, env, signal: aborted.signal });
  stopStack = () => stack.stop();
  const caller = new Caller(stack.addresses.grpc);
  const sim = new SimControl(stack.addresses.wechat);
  await withConcurrency(appids(COMMITS), 200, (appid) => caller.commit(appid, '1.0'));
  await effects(sim, COMMITS);
  const calls = await sim.calls({ api: 'wxa/commit' });
  caller.close();
  await stack.stop();
  return calls.map((call) => call.startedAt).sort((a, b) => a - b);
}

function shareUsed(starts: number[]): number {
  const steady = starts.filter((start) => start >= (starts[0] ?? 0) + 1000);
  const tookMs = (steady.at(-1) ?? 0) - (steady[0] ?? 0);
  return (steady.length - 1) / (tookMs / 1000) / LIMIT;
}
