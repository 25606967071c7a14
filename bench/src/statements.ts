// What PostgreSQL does for an operation, statement by statement, as pg_stat_statements tells it; and how each hot
// statement is planned among 1,000,000 operations. Parts can be named: `npm run bench -- --only statements wave plans`.
// The figures are kept in bench/results/statements.json.
import { readFile } from 'node:fs/promises';
import { stopOnSignal } from '@wxa/stack';
import type { Statements } from './results.js';
import { keep } from './run.js';
import { plans } from './statements/plans.js';
import { waveStatements } from './statements/wave-statements.js';

const RESULTS = new URL('../results/statements.json', import.meta.url);

const aborted = new AbortController();
let stopCurrent = async (): Promise<void> => undefined;
const onStart = (stop: () => Promise<void>) => {
  stopCurrent = stop;
};
stopOnSignal(async () => {
  aborted.abort();
  await stopCurrent();
});

const PARTS: Record<string, () => Promise<object>> = {
  wave: () => waveStatements(onStart, aborted.signal),
  plans: () => plans((line) => console.error(line), onStart),
};

const named = process.argv.slice(4);
const unknown = named.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) throw new Error(`no such part: ${unknown}; there are ${Object.keys(PARTS)}`);
for (const name of named.length > 0 ? named : Object.keys(PARTS)) {
  const result = await PARTS[name]?.();
  console.log(name, JSON.stringify(result, null, 2));
  await keepPart(name, result);
}

async function keepPart(name: string, result: object | undefined): Promise<void> {
  const before = JSON.parse(await readFile(RESULTS, 'utf8').catch(() => '{}')) as Statements;
  const at = new Date().toISOString();
  await keep('statements', { ...before, [name]: { at, ...result } });
}
