import type { Part, Turn } from '../results.js';
import { type Entry, FIELD, OURS } from './field.js';
import { spread } from './figures.js';

/** By the name of the workload. */
export type Parts = Record<string, Part>;

const [BEGIN, END] = ['<!-- contenders: generated -->', '<!-- contenders: end -->'];

/** The page with new tables between its two marks. */
export function withTables(page: string, text: string): string {
  const [before, rest] = page.split(BEGIN);
  const [, after] = (rest ?? '').split(END);
  if (before === undefined || after === undefined) throw new Error(`the page lacks ${BEGIN} or ${END}`);
  return `${before}${BEGIN}\n\n${text}\n${END}${after}`;
}

export function tables(parts: Parts): string {
  return Object.entries(parts)
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, part]) => [...heading(name, part), ...(part.workload.kill ? killTable : speedTable)(part)])
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function heading(name: string, { workload, machine, loadBefore, versions, at }: Part): string[] {
  const { latencyMs, miniPrograms, inFlight, rounds, kill } = workload;
  const turns = kill ? 'one turn each, a kill -9 of the worker when half is done' : `${rounds} rounds`;
  const told = Object.entries(versions).map(([what, version]) => `${what} ${version}`);
  return [
    `### (${name}) L = ${latencyMs} ms, ${miniPrograms} mini-programs, ${inFlight} in flight, ${turns}`,
    '',
    `\`npm run bench -- --only ${name}\`, ${at.slice(0, 10)}: ${machine}, load ${loadBefore} before; ${told.join(', ')}.`,
    '',
  ];
}

function speedTable({ turns }: Part): string[] {
  const ours = spread(perSecond(turns, OURS)).median;
  return [
    '| | jobs | efficiency | jobs/s | ours ÷ it | stored after | out of order | twice | not done |',
    '|---|---|---|---|---|---|---|---|---|',
    ...present(turns).map(({ name, what }) => {
      const own = of(turns, name);
      const efficiency = spread(own.map((turn) => turn.efficiency));
      const speed = spread(perSecond(turns, name));
      const cells = [
        what,
        own[0]?.jobs,
        `${efficiency.median.toFixed(3)} (${efficiency.least.toFixed(3)}–${efficiency.most.toFixed(3)})`,
        Math.round(speed.median),
        name === OURS ? '' : `${times(ours / speed.median)} ×`,
        `${seconds(spread(own.map(({ storedMs }) => storedMs)).median)} s`,
        sum(own.map(({ outOfOrder }) => outOfOrder)),
        sum(own.map(({ twice }) => twice)),
        sum(own.map(({ jobs, done }) => jobs - done)),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

function killTable({ turns }: Part): string[] {
  return [
    '| | jobs | not done a minute later | twice | mini-programs out of order | last effect after |',
    '|---|---|---|---|---|---|',
    ...present(turns).flatMap(({ name, what }) =>
      of(turns, name).map(({ jobs, done, twice, outOfOrder, tookMs }) => {
        const cells = [what, jobs, jobs - done, twice, outOfOrder, `${seconds(tookMs)} s`];
        return `| ${cells.join(' | ')} |`;
      }),
    ),
  ];
}

function present(turns: Turn[]): Entry[] {
  return FIELD.filter(({ name }) => turns.some((turn) => turn.name === name));
}

function of(turns: Turn[], name: string): Turn[] {
  return turns.filter((turn) => turn.name === name);
}

function perSecond(turns: Turn[], name: string): number[] {
  return of(turns, name).map((turn) => turn.perSecond);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function times(ratio: number): string {
  return ratio.toFixed(ratio < 10 ? 2 : 0);
}
