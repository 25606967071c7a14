import { readFile, writeFile } from 'node:fs/promises';
import type { Scale, ScaleCheck } from '../results.js';
import { CHECKED, type Check } from './check.js';
import type { Phase, Row } from './figures.js';
import { OPERATIONS_EACH } from './parameters.js';

const PAGE = new URL('../../../docs/scale.md', import.meta.url);
const SECONDS_OF_A_DAY = 86_400;

const BINDS: Record<Phase['binds'], string> = {
  rate: "WeChat's rate",
  slots: 'calls in flight × latency',
  busiestSlots: 'calls in flight of the worker with most partitions',
  worker: "a worker's core",
  gateway: "a gateway's core",
  postgres: "PostgreSQL's cores",
  nothing: 'nothing of ours',
};

/** Puts the tables of what is measured into docs/scale.md. */
export async function writePage(): Promise<void> {
  const scale = await read<Scale>('scale');
  const checks = await read<ScaleCheck>('scale-check');
  const page = await readFile(PAGE, 'utf8');
  await writeFile(PAGE, withTables(page, tablesOf(scale, checks)));
}

export type Tables = Partial<Record<'capacity' | 'simulation' | 'phases' | 'check', string[]>>;

/** A table stands between two comments that name it; one that is not there yet leaves the page as it is. */
export function withTables(page: string, tables: Tables): string {
  return Object.entries(tables).reduce((text, [name, lines]) => {
    const [begin, end] = [`<!-- ${name}: generated -->`, `<!-- ${name}: end -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`docs/scale.md has no place for ${name}`);
    return `${text.slice(0, from + begin.length)}\n${lines.join('\n')}\n${text.slice(to)}`;
  }, page);
}

export function tablesOf(scale: Scale | undefined, checks: ScaleCheck | undefined): Tables {
  const machine = checks?.[CHECKED];
  return {
    ...(machine && { capacity: capacity(machine) }),
    ...(scale && { simulation: simulation(scale), phases: phases(scale) }),
    ...(checks && { check: comparison(checks) }),
  };
}

function capacity({ real: { usage, databaseBytes }, at, machine }: ScaleCheck[string]): string[] {
  const { operations, cpuSeconds, postgres, kafkaBytes } = usage;
  const each = (name: keyof typeof cpuSeconds) => ((cpuSeconds[name] ?? 0) * 1000) / operations;
  const ofCore = (what: string, ms: number) =>
    `| ${what} | ${ms.toFixed(2)} ms | ${count(1000 / ms)} | ${millions((SECONDS_OF_A_DAY * 1000) / ms)} |`;
  const day = (bytes: number) => `${((bytes * 1_000_000) / 1e9).toFixed(1)} GB`;
  const ofBytes = (what: string, bytes: number) =>
    `| ${what} | ${count(bytes / operations)} | ${day(bytes / operations)} |`;
  return [
    '',
    `\`npm run bench -- --only scale-check ${CHECKED}\`, ${told(at, machine)}; ${count(operations)} operations of whole releases (Commit, ListCategories, SubmitAudit, GetAuditStatus, Release), two workers.`,
    '',
    '| | CPU of an operation | operations a second on one core | a day |',
    '|---|---|---|---|',
    ofCore('gateway (one core at most)', each('gateway')),
    ofCore('worker (one core at most)', each('worker')),
    ofCore('PostgreSQL, for each core', each('PostgreSQL')),
    ofCore('Kafka, for each core', each('Kafka')),
    '',
    '| | bytes of an operation | of a million |',
    '|---|---|---|',
    ofBytes("PostgreSQL's write-ahead log", postgres.walBytes),
    ofBytes('the database on disk, indexes included', databaseBytes ?? Number.NaN),
    ofBytes('Kafka, commands and outcomes, one replica', kafkaBytes),
    '',
    `Transactions of an operation: ${(postgres.transactions / operations).toFixed(3)}.`,
    '',
  ];
}

function simulation({ at, machine, miniPrograms, rows, wechat }: Scale): string[] {
  return [
    '',
    `\`npm run bench -- --only scale\`, ${told(at, machine)}: ${count(miniPrograms)} mini-programs × ${OPERATIONS_EACH}
operations; WeChat takes ${wechat.latencyMs} ms, ${percent(wechat.slowShare)} of the calls ${wechat.slowMs} ms longer,
answers ${percent(wechat.busyShare)} with -1 and audits for ${wechat.auditMs / 60_000} minutes.`,
    '',
    '| calls a second to one API | calls in flight in a worker | workers | gateways | took | shortest possible | efficiency | operations a second | missed their deadline | what binds |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => {
      const { perApi, concurrency, workers, gateways, tookS, shortestS, efficiency } = row;
      const cells = [
        perApi,
        concurrency,
        workers,
        gateways,
        time(tookS),
        time(shortestS),
        efficiency.toFixed(3),
        count(row.operationsPerSecond),
        count(row.failed),
        BINDS[longest(row).binds],
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
  ];
}

function longest({ phases: all }: Row): Phase {
  return all.reduce((one, other) => (other.seconds > one.seconds ? other : one));
}

/** Of the rows that differ most: the fewest workers, the most. */
function phases({ rows }: Scale): string[] {
  return [
    '',
    'Each phase, how much of what it used, of the busiest of several, and what bound it:',
    '',
    "| calls a second to one API | in flight | workers | phase | took | WeChat's rate | slots | slots of the busiest worker | CPU: worker | gateway | PostgreSQL | binds |",
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows.flatMap((row) =>
      row.phases.map(({ name, seconds, shares, binds }) => {
        const { rate, slots, busiestSlots, worker, gateway, postgres } = shares;
        const used = [rate, slots, busiestSlots, worker, gateway, postgres].map(percent);
        const cells = [row.perApi, row.concurrency, row.workers, name, time(seconds), ...used, BINDS[binds]];
        return `| ${cells.join(' | ')} |`;
      }),
    ),
    '',
    'Where the time of one mini-program goes, its audit left out, in seconds:',
    '',
    '| calls a second to one API | in flight | workers | waits for a place under the rate | for a slot | PostgreSQL and CPU | at WeChat | after -1 | gateway, relay, Kafka |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map(({ perApi, concurrency, workers, split: { place, slot, store, wechat, backOff, way } }) => {
      const parts = [place, slot, store, wechat, backOff, way].map((seconds) => seconds.toFixed(2));
      return `| ${[perApi, concurrency, workers, ...parts].join(' | ')} |`;
    }),
    '',
  ];
}

function comparison(checks: ScaleCheck): string[] {
  const all = Object.entries(checks);
  return [
    '',
    '| what should bind | real | simulated | simulated ÷ real | calls a second of each API, the same | run |',
    '|---|---|---|---|---|---|',
    ...all.map(([name, { setting, real, simulated, ratio, at, loadBefore }]) => {
      const rates = Object.values(ratio.perSecond);
      const cells = [
        `${setting.binds}: ${settings(setting)}`,
        `${real.tookS} s`,
        `${simulated.tookS} s`,
        ratio.took.toFixed(3),
        `${Math.min(...rates).toFixed(3)} to ${Math.max(...rates).toFixed(3)}`,
        `\`--only scale-check ${name}\`, ${at.slice(0, 16).replace('T', ' ')}, load before ${loadBefore}`,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
  ];
}

function settings({ perApi, concurrency }: Check['setting']): string {
  const rate = perApi === 0 ? 'no limit' : `${perApi} calls a second to one API`;
  return `${rate}, ${concurrency} calls in flight in a worker`;
}

async function read<T>(name: string): Promise<T | undefined> {
  const file = new URL(`../../results/${name}.json`, import.meta.url);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

function told(at: string, machine: string): string {
  return `${at.slice(0, 10)}, ${machine}`;
}

function time(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function millions(value: number): string {
  return `${Math.round(value / 1e6)} million`;
}
