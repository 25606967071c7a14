import type { CommonValues } from '../calls/call.js';
import { durationMs } from '../calls/units.js';
import { withPool } from '../database.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { print } from '../output/print.js';
import { settingsOfApps, tokenUrl, topics } from './apps.js';
import { callback } from './callback.js';
import { authorizers, contested, ticket } from './directory.js';
import { callbackNames, forwardTargets } from './forwards.js';
import { listedCalls } from './listed-calls.js';
import { tokenReaders } from './readers.js';
import { type AdoptionCheck, fail, type Result, type Tools } from './result.js';
import { rights } from './rights.js';
import { readSettings } from './settings.js';

const CHECKS: readonly AdoptionCheck[] = [
  settingsOfApps,
  topics,
  rights,
  tokenUrl,
  authorizers,
  callback,
  forwardTargets,
  callbackNames,
  ticket,
  contested,
  tokenReaders,
  listedCalls,
];
const WAIT_MS = 60_000;

interface Given extends CommonValues {
  step?: string;
  url?: string;
  wait?: string;
  debugDemo?: boolean;
  send?: boolean;
  group?: string;
}

/** `wxa adopt check`: what has to hold before a step of docs/adoption.md. It changes nothing. */
export function adoptCheck(values: Given): Promise<number> {
  const step = stepOf(values.step);
  const { url, group, debugDemo = false, send = false } = values;
  const options = {
    ...{ url, group, debugDemo, send },
    waitMs: durationMs(values.wait, WAIT_MS, '--wait'),
  };
  if (debugDemo && url === undefined) throw new UsageError('--debug-demo needs --url');
  return withPool('adopt', async (pool) => {
    const rows: Tools['rows'] = async (text, values) => (await pool.query(text, values)).rows;
    const results = await resultsOf({ env: readSettings(process.env), step, rows, options });
    const lines = results.map(({ check, result, detail, next }) =>
      [`${result}\t${check}: ${detail}`, ...(next === '' ? [] : [`\t${next}`])].join('\n'),
    );
    print(values.json, { ...(step !== undefined && { step }), results }, lines.join('\n'));
    return results.some(({ result }) => result === 'fail') ? EXIT.notFound : EXIT.ok;
  });
}

/** One after the other, in the order of the steps. */
async function resultsOf(tools: Tools, checks = CHECKS): Promise<Result[]> {
  const results: Result[] = [];
  for (const { name, steps, run } of checks) {
    if (tools.step !== undefined && !steps.includes(tools.step)) continue;
    const found = await run(tools).catch((error: unknown) =>
      fail(`cannot be checked: ${error instanceof Error ? error.message : error}`, 'remove the cause'),
    );
    results.push(...[found].flat().map((each) => ({ check: name, ...each })));
  }
  return results;
}

function stepOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-5]$/.test(text)) throw new UsageError(`--step must be 0 to 5: ${text}`);
  return Number(text);
}
