// A first, small benchmark. Everything shares this machine: caller, gateway, worker, simulator,
// PostgreSQL and Kafka. The last line is one JSON object; it is kept in bench/results/small.json too.
import { startStack, stopOnSignal } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import { LightCaller } from './light-caller.js';
import { latency, wave } from './measure.js';
import { keep, machine } from './run.js';
import { memoryOf } from './usage/processes.js';

const LATENCY_MS = 50;
const IN_FLIGHT = 100;
const MINI_PROGRAMS = 200;
const HALF_LOAD = IN_FLIGHT / (LATENCY_MS / 1000) / 2;

const aborted = new AbortController();
let stopStack = async (): Promise<void> => undefined;
stopOnSignal(async () => {
  aborted.abort();
  await stopStack();
});

const tell = (line: string) => console.error(line);
tell('starting PostgreSQL, Kafka, simulator, gateway and one worker …');
const stack = await startStack({
  env: { SIM_LATENCY_MS: String(LATENCY_MS), WORKER_CONCURRENCY: String(IN_FLIGHT), LOG_LEVEL: 'warn' },
  signal: aborted.signal,
});
stopStack = () => stack.stop();
const caller = new LightCaller(stack.addresses.grpc);
const sim = new SimControl(stack.addresses.wechat);
const apps = [stack.gateway, ...stack.workers];
const shape = { count: MINI_PROGRAMS, latencyMs: LATENCY_MS, inFlight: IN_FLIGHT };

tell('warming up …');
await wave(caller, sim, { ...shape, each: 10 });
tell(`a wave of 10,000 commits of ${MINI_PROGRAMS} mini-programs, WeChat takes ${LATENCY_MS} ms …`);
const full = await wave(caller, sim, { ...shape, each: 50 });
tell(`${HALF_LOAD} commits a second for 10 s …`);
const half = await latency(caller, sim, { count: MINI_PROGRAMS, perSecond: HALF_LOAD, seconds: 10 });
const idle = await latency(caller, sim, { count: MINI_PROGRAMS, perSecond: 20, seconds: 5 });
const result = {
  at: new Date().toISOString(),
  machine: machine(),
  wave: full,
  acceptToHttpStartMs: { halfLoad: half, almostIdle: idle },
  residentMiB: Object.fromEntries(
    await Promise.all(apps.map(async ({ name, pid }) => [name, (await memoryOf(pid)).residentMiB] as const)),
  ),
};
caller.close();
await stack.stop();
await keep('small', result);
console.log(JSON.stringify(result));
