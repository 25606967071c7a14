import type { Backlog, Spread } from '../backlog/result.js';
import { median } from '../load/numbers.js';
import type { AcceptsPart, AcceptsTurn, LatencyPart, Quantiles, Small } from '../results.js';
import { type Column, middle, ms, share, table, turnsTable, whole } from './table.js';
import { usageTable } from './usage-table.js';

const quantiles = (): Column<{ ms: Quantiles }>[] => [
  ['p50', middle((turn) => turn.ms.p50, ms)],
  ['p99', middle((turn) => turn.ms.p99, ms)],
  ['p99.9', middle((turn) => turn.ms.p999, ms)],
];

export function latencySection({ turns, wavesPerSecond, workload }: LatencyPart): string[] {
  const rows = (['half', 'nearly idle'] as const).map((load) => {
    const own = turns.filter((turn) => turn.load === load);
    return { title: `${load} load, ${whole(own[0]?.perSecond ?? 0)}/s`, turns: own };
  });
  return [
    '## Accept → HTTP start',
    `From the call of the gateway to the start of the HTTP request at WeChat. The mini-programs of (a) take turns, at a steady rate
whether or not earlier operations have ended. L = ${workload.latencyMs} ms, ${workload.inFlight} in flight. Half load is half of what waves of (a) reached just
before: ${wavesPerSecond.map(whole).join(', ')}/s.`,
    turnsTable('', rows, quantiles()),
    ...usageTable(rows),
  ];
}

const WHATS: Record<AcceptsTurn['what'], string> = {
  echo: 'a bare grpc-js server that answers the same message',
  'worker stopped': 'ours, no worker running',
  'worker running': 'ours, while one worker executes them',
};

export function acceptsSection({ turns, asking }: AcceptsPart): string[] {
  const rows = Object.entries(WHATS).map(([what, title]) => ({
    title,
    turns: turns.filter((turn) => turn.what === what),
  }));
  const speed = (own: AcceptsTurn[]) => median(own.map(({ perSecond }) => perSecond));
  const bare = speed(turns.filter(({ what }) => what === 'echo'));
  return [
    '## Accepting',
    `Commits over gRPC, ${whole(asking)} calls at once, against a bare grpc-js server in the same run. Ours answers when the operation and
its outbox row are on disk; the bare server shares the cores with neither PostgreSQL nor Kafka. Its CPU is in the gateway's
column.`,
    turnsTable<AcceptsTurn>('', rows, [
      ['accepts a second', middle(({ perSecond }) => perSecond, whole)],
      ['of the bare one', (own) => (own[0]?.what === 'echo' ? '' : (speed(own) / bare).toFixed(2))],
      ...quantiles(),
    ]),
    ...usageTable(rows),
  ];
}

export function smallSection({ wave, acceptToHttpStartMs, residentMiB }: Small): string[] {
  const { halfLoad, almostIdle } = acceptToHttpStartMs;
  const latency = ({ p50, p99 }: { p50: number; p99: number }) => `p50 ${ms(p50)}, p99 ${ms(p99)}`;
  const start = (perSecond: number) => `accept → HTTP start, ${whole(perSecond)} commits a second`;
  return [
    '## Quick benchmark',
    `One wave as at (a) and two steady rates, within a minute. Half load is half of what the permits allow, whether or not the
machine reaches it.`,
    table(
      ['figure', 'value'],
      [
        ['accepts a second, while the commits already run', whole(wave.acceptsPerSecond)],
        ["operations a second, from the first call to WeChat's last answer", whole(wave.operationsPerSecond)],
        ['efficiency, accept included', share(wave.efficiency)],
        [start(almostIdle.perSecond), latency(almostIdle)],
        [start(halfLoad.perSecond), latency(halfLoad)],
        ...Object.entries(residentMiB).map(([name, size]) => [`resident memory, ${name}`, `${size} MiB`]),
      ],
    ),
  ];
}

export function backlogSection(backlog: Backlog): string[] {
  const { operations, miniPrograms, perSecond, busy, workers, minutes, failures } = backlog;
  const watched = minutes === undefined ? 'until all ended' : `for ${minutes} minutes after the last accept`;
  const verdict = failures.length === 0 ? 'All checks passed.' : `Failed checks: ${failures.join('; ')}.`;
  return [
    '## Backlog',
    `${whole(operations)} commits of ${whole(miniPrograms)} mini-programs, accepted as fast as the gateway can, under \`WECHAT_RATE_PER_API=${perSecond}\`,
${workers} worker(s); WeChat answers ${100 * busy} % of the calls -1. Watched ${watched}. ${verdict}`,
    table(['figure', 'value'], backlogRows(backlog)),
  ];
}

function backlogRows(backlog: Backlog): string[][] {
  const { probes, workersHeld, waiting, states } = backlog;
  const spread = ({ p50, p99, most }: Spread) => [p50, p99, most].map(ms).join(', ');
  const counts = (of: Record<string, number>) =>
    Object.entries(of)
      .map(([what, count]) => `${what} ${whole(count)}`)
      .join(', ') || 'none';
  const start = 'accept → HTTP start (p50, p99, slowest)';
  return [
    ['accepts a second', whole(backlog.acceptsPerSecond)],
    [`${start}, a query of a new mini-program`, spread(probes.acceptedToStartMs.fresh)],
    [`${start}, a change of a mini-program without commits`, spread(probes.acceptedToStartMs.others)],
    ['states at the end', counts(states)],
    ['waiting in Postgres at the last accept', counts(waiting.accepted)],
    ['waiting in Postgres at the end', counts(waiting.end)],
    ['commits a second after the last accept', String(backlog.callsPerSecond.afterwards)],
    ['share of what is given out of the limit', `${(100 * backlog.used.afterwards).toFixed(1)} %`],
    ['peak memory of a worker', `${Math.max(...workersHeld.peakMiB)} MiB`],
    ['most operations in the lanes of a worker', whole(workersHeld.mostInLanes)],
    ['most open records of a worker', whole(workersHeld.mostOpenRecords)],
  ];
}
