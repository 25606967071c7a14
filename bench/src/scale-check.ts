// The simulation of `--only scale` beside the real thing at 1/100 of its size: 10,000 mini-programs × 5 operations on
// two workers, once for each of what can bind; with names after it only those. Kept in bench/results/scale-check.json.
import { readFile } from 'node:fs/promises';
import type { ScaleCheck, Small } from './results.js';
import { keep, type Run } from './run.js';
import { CHECKS, check } from './scale/check.js';
import { writePage } from './scale/page.js';

const RESULT = new URL('../results/scale-check.json', import.meta.url);
const SMALL = new URL('../results/small.json', import.meta.url);

/** @param names of CHECKS; none: all. */
export async function scaleCheck(run: Run, names: string[]): Promise<void> {
  const { acceptToHttpStartMs } = JSON.parse(await readFile(SMALL, 'utf8')) as Small;
  for (const [name, setting] of Object.entries(CHECKS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const part = await run.part(() => check(run, setting, acceptToHttpStartMs.almostIdle.p50));
    const before = JSON.parse(await readFile(RESULT, 'utf8').catch(() => '{}')) as ScaleCheck;
    await keep('scale-check', { ...before, [name]: part });
    await writePage();
    console.log(
      JSON.stringify({ [name]: { real: part.real.tookS, simulated: part.simulated.tookS, ...part.ratio } }),
    );
  }
}
