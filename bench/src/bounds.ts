// What a worker may need at most, and what a day's operations in the table may cost. Parts can be named:
// `npm run bench -- --only bounds idle waiting large history`. The figures are kept in bench/results/bounds.json.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Stack, startStack, stopOnSignal } from '@wxa/stack';
import { hanging } from './bounds/hanging.js';
import { history } from './bounds/history.js';
import type { Bounds } from './results.js';
import { keep } from './run.js';
import { cpuPercent } from './usage/processes.js';

const RESULTS = new URL('../results/bounds.json', import.meta.url);
const WARM_UP_MS = 10_000;
const IDLE_SECONDS = 30;

const tell = (line: string) => console.error(line);
const aborted = new AbortController();
let stopCurrent = async (): Promise<void> => undefined;
stopOnSignal(async () => {
  aborted.abort();
  await stopCurrent();
});

const PARTS: Record<string, () => Promise<object>> = {
  idle: () => withStack(idle),
  waiting: () =>
    withStack((stack) =>
      hanging(stack, { operations: 200_000, miniPrograms: 2_000, extJsonBytes: 100 }, tell),
    ),
  large: () =>
    withStack((stack) =>
      hanging(stack, { operations: 3_000, miniPrograms: 1_000, extJsonBytes: 700 * 1024 }, tell),
    ),
  history: () =>
    history(tell, (stop) => {
      stopCurrent = stop;
    }),
};

const named = process.argv.slice(4);
const unknown = named.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) throw new Error(`no such part: ${unknown}; there are ${Object.keys(PARTS)}`);
for (const name of named.length > 0 ? named : Object.keys(PARTS)) {
  tell(`${name} …`);
  const result = await PARTS[name]?.();
  console.log(name, JSON.stringify(result, null, 2));
  await keepPart(name, result);
}

/** The share of one core that worker and gateway use while nothing is asked of them, in percent. */
async function idle({ gateway, workers }: Stack): Promise<object> {
  await delay(WARM_UP_MS);
  const apps = [...workers, gateway];
  const shares = await cpuPercent(
    apps.map(({ pid }) => pid),
    IDLE_SECONDS,
  );
  return Object.fromEntries(apps.map(({ name }, i) => [`${name}CpuPercent`, shares[i]]));
}

async function withStack<T>(measure: (stack: Stack) => Promise<T>): Promise<T> {
  const stack = await startStack({ env: { LOG_LEVEL: 'warn' }, signal: aborted.signal });
  stopCurrent = () => stack.stop();
  try {
    return await measure(stack);
  } finally {
    await stack.stop();
  }
}

async function keepPart(name: string, result: object | undefined): Promise<void> {
  const before = JSON.parse(await readFile(RESULTS, 'utf8').catch(() => '{}')) as Bounds;
  const at = new Date().toISOString();
  await keep('bounds', { ...before, [name]: { at, ...result } });
}
