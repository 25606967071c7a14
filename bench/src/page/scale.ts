import { lines } from './chart.js';
import { image, short, table, whole } from './markdown.js';
import type { Section } from './section.js';

const HOUR_S = 3_600;

/** What the page tells of bench/results/scale.json. */
export interface Scaled {
  miniPrograms: number;
  /** One simulated wave each. */
  rows: { perApi: number; workers: number; tookS: number; shortestS: number }[];
}

/** The wave of a million, simulated; docs/scale.md says how. */
export function scaleSection({ miniPrograms, rows }: Scaled): Section {
  const rates = [...new Set(rows.map(({ perApi }) => perApi))];
  const workers = [...new Set(rows.map((row) => row.workers))];
  const hours = (perApi: number, count: number) => {
    const row = rows.find((one) => one.perApi === perApi && one.workers === count);
    return row === undefined ? '' : `${short(row.tookS / HOUR_S)} h`;
  };
  const series = rates.flatMap((perApi) => {
    const own = rows.filter((row) => row.perApi === perApi);
    const line = (name: string, value: (row: Scaled['rows'][number]) => number) => ({
      name,
      points: own.map((row) => ({ x: row.workers, y: value(row) / HOUR_S })),
    });
    return [
      line(`${whole(perApi)}/s for an API`, ({ tookS }) => tookS),
      { ...line(`shortest at ${whole(perApi)}/s`, ({ shortestS }) => shortestS), dashed: true },
    ];
  });
  const svg = lines('A wave of a million mini-programs, simulated', 'hours', 'workers', series);
  const chart = { name: 'scale', about: 'Hours that a wave of a million takes, by workers', svg };
  return {
    lines: [
      '## A wave of a million',
      `Simulated, ${whole(miniPrograms)} mini-programs × 5 operations; [docs/scale.md](../docs/scale.md) tells how, what binds and how far the
simulation is from a real wave. Hours it takes, by what \`WECHAT_RATE_PER_API\` allows:`,
      table(
        ['workers', ...rates.map((perApi) => `${whole(perApi)}/s for an API`)],
        workers.map((count) => [count, ...rates.map((perApi) => hours(perApi, count))]),
      ),
      image(chart),
    ],
    charts: [chart],
  };
}
