import { median } from '../load/numbers.js';
import type { AcceptsPart, AcceptsTurn, LatencyPart, Quantiles } from '../results.js';
import { type Column, medianCell, ms, turnsTable, wholeNumber } from './table.js';
import { usageTable } from './usage-table.js';

const quantiles = (): Column<{ ms: Quantiles }>[] => [
  ['p50', medianCell((turn) => turn.ms.p50, ms)],
  ['p99', medianCell((turn) => turn.ms.p99, ms)],
  ['p99.9', medianCell((turn) => turn.ms.p999, ms)],
];

export function latencySection({ turns, wavesPerSecond, workload }: LatencyPart): string[] {
  const loads = new Set(turns.map(({ load }) => load));
  const rows = [...loads].map((load) => {
    const own = turns.filter((turn) => turn.load === load);
    return { title: `${load} load, ${wholeNumber(own[0]?.perSecond ?? 0)}/s`, turns: own };
  });
  return [
    '## Accept → HTTP start',
    `Time from the call of the gateway to the start of the HTTP request at WeChat. The mini-programs of (a) take turns, at a steady
rate. L = ${workload.latencyMs} ms, ${workload.inFlight} in flight. Half load is half of the rate of waves of (a) just before: ${wavesPerSecond.map(wholeNumber).join(', ')}/s.`,
    turnsTable('', rows, quantiles()),
    ...usageTable(rows),
  ];
}

const TITLES: Record<AcceptsTurn['what'], string> = {
  echo: 'a bare grpc-js server',
  'worker stopped': 'this product, no worker running',
  'worker running': 'this product, while one worker executes them',
};

export function acceptsSection({ turns, concurrentCalls }: AcceptsPart): string[] {
  const rows = Object.entries(TITLES).map(([what, title]) => ({
    title,
    turns: turns.filter((turn) => turn.what === what),
  }));
  const speed = (own: AcceptsTurn[]) => median(own.map(({ perSecond }) => perSecond));
  const bare = speed(turns.filter(({ what }) => what === 'echo'));
  return [
    '## Accepting',
    `${wholeNumber(concurrentCalls)} concurrent Commits over gRPC, compared with a bare grpc-js server that returns the same message and shares the cores with neither
PostgreSQL nor Kafka; its CPU is in the column of the gateway.`,
    turnsTable<AcceptsTurn>('', rows, [
      ['accepts per second', medianCell(({ perSecond }) => perSecond, wholeNumber)],
      ['÷ bare server', (own) => (own[0]?.what === 'echo' ? '' : (speed(own) / bare).toFixed(2))],
      ...quantiles(),
    ]),
    ...usageTable(rows),
  ];
}
