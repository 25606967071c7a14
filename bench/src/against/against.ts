// `npm run bench -- --against REF`: the working tree and another commit of this repository, by turns under one workload.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../load/numbers.js';
import type { Run } from '../run.js';
import { buildOf } from './build-of.js';
import { byTurns, TURNS } from './by-turns.js';
import { CPU, FIGURES, ratiosOf, ratioTable } from './ratios.js';

/**
 * @param ref the commit
 * @param args `--rounds` (default 6), `--seconds` (default 10: how long a wave and a steady rate take) and `--max-cpu`: the exit
 *   code is 1 if the median ratio of the CPU per operation is larger
 */
export async function against(run: Run, ref: string, args: string[]): Promise<void> {
  const options = { ...TURNS, 'max-cpu': { type: 'string', default: 'Infinity' } } as const;
  const { values } = parseArgs({ args, options });
  const { commit, folder } = await buildOf(ref, run.log);
  const hasRollouts = existsSync(join(folder, 'proto/wxa/code/v1/rollouts.proto'));
  const measured = await byTurns(run, values, async () => ({
    theirs: { what: commit, checkout: folder, hasRollouts },
    ours: { what: 'working tree', hasRollouts: true },
  }));
  console.log(ratioTable({ theirs: commit, ours: 'working tree' }, measured));
  const cpu = median(ratiosOf(measured, FIGURES[CPU]));
  if (cpu <= Number(values['max-cpu'])) return;
  console.error(`${CPU}: ${cpu.toFixed(3)} times that of ${commit}, at most ${values['max-cpu']} is allowed`);
  process.exitCode = 1;
}
