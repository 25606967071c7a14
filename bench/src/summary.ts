import { spread } from './contenders/figures.js';
import { sum } from './numbers.js';
import type {
  AcceptsPart,
  LatencyPart,
  Part,
  Process,
  ProfilePart,
  Quantiles,
  Turn,
  Usage,
} from './results.js';

/** What a part gave, for who watches it: medians over the rounds, and for each operation what it used. */
export function summary(letter: string, { turns }: Part): string {
  const groups = new Map<string, Turn[]>();
  for (const turn of turns) {
    const title = titleOf(turn);
    groups.set(title, [...(groups.get(title) ?? []), turn]);
  }
  return [...groups].map(([title, own]) => `(${letter}) ${title}: ${figures(own)}`).join('\n');
}

export function profileSummary({ processes }: ProfilePart): string {
  return Object.entries(processes)
    .flatMap(([name, shares]) => [name, ...shares.map(({ what, percent }) => `  ${percent} % ${what}`)])
    .join('\n');
}

export function latencySummary({ turns, wavesPerSecond }: LatencyPart): string {
  const loads = [...new Set(turns.map(({ load }) => load))].map((load) => {
    const own = turns.filter((turn) => turn.load === load);
    return `${load} (${own[0]?.perSecond}/s): ${quantilesOf(own)}`;
  });
  return [`waves before: ${wavesPerSecond.join(', ')}/s`, ...loads].join('\n');
}

export function acceptsSummary({ turns }: AcceptsPart): string {
  return [...new Set(turns.map(({ what }) => what))]
    .map((what) => {
      const own = turns.filter((turn) => turn.what === what);
      return `${what}: ${middle(own.map(({ perSecond }) => perSecond))}/s, ${quantilesOf(own)}`;
    })
    .join('\n');
}

function quantilesOf(turns: { ms: Quantiles }[]): string {
  return (['p50', 'p99', 'p999'] as const)
    .map((key) => `${key} ${middle(turns.map(({ ms }) => ms[key])).toFixed(1)} ms`)
    .join(', ');
}

function titleOf({ name, variant, workers }: Turn): string {
  return [name, variant, workers === undefined ? undefined : `${workers} workers`].filter(Boolean).join(', ');
}

function figures(turns: Turn[]): string {
  const { median, least, most } = spread(turns.map(({ efficiency }) => efficiency));
  const told = [
    `${Math.round(middle(turns.map(({ perSecond }) => perSecond)))}/s`,
    `efficiency ${median.toFixed(3)} (${least.toFixed(3)}–${most.toFixed(3)})`,
    `stored after ${(middle(turns.map(({ storedMs }) => storedMs)) / 1000).toFixed(1)} s`,
    `out of order ${sum(turns.map(({ outOfOrder }) => outOfOrder))}`,
    `twice ${sum(turns.map(({ twice }) => twice))}`,
    `not done ${sum(turns.map(({ jobs, done }) => jobs - done))}`,
  ];
  const usages = turns.flatMap(({ usage }) => usage ?? []);
  return usages.length === 0 ? told.join(', ') : `${told.join(', ')}\n    ${used(usages)}`;
}

function used(usages: Usage[]): string {
  const each = (value: (usage: Usage) => number) =>
    middle(usages.map((usage) => value(usage) / usage.operations));
  const processes = Object.keys(usages[0]?.cpuSeconds ?? {}) as Process[];
  const cpu = processes.map(
    (name) => `${name} ${(1000 * each(({ cpuSeconds }) => cpuSeconds[name] ?? 0)).toFixed(2)}`,
  );
  const memory = processes.map(
    (name) => `${name} ${middle(usages.map(({ residentMiB }) => residentMiB[name] ?? 0))}`,
  );
  return [
    `CPU seconds of 1,000: ${cpu.join(', ')}; everything else took ${elsewhere(usages)} cores`,
    `MiB: ${memory.join(', ')}`,
    `of one: ${each(({ postgres }) => postgres.transactions).toFixed(3)} transactions, ${Math.round(
      each(({ postgres }) => postgres.walBytes),
    )} bytes of WAL, ${Math.round(each(({ kafkaBytes }) => kafkaBytes))} bytes of Kafka`,
  ].join('\n    ');
}

/** The cores that everything else took, on average. */
function elsewhere(usages: Usage[]): string {
  return middle(usages.map(({ elsewhereCpuSeconds = 0, seconds }) => elsewhereCpuSeconds / seconds)).toFixed(
    2,
  );
}

function middle(values: number[]): number {
  return spread(values).median;
}
