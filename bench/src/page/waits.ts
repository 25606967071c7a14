import { spread } from '../contenders/figures.js';
import type { AcceptsPart, AcceptsTurn, LatencyPart, LatencyTurn } from '../results.js';
import { bars } from './chart.js';
import { image, median, middleOf, ms, table, whole } from './markdown.js';
import type { Section } from './section.js';
import { usageTables } from './usage.js';

const QUANTILES = { p50: 'p50', p99: 'p99', p999: 'p99.9' } as const;
const LOADS: LatencyTurn['load'][] = ['half', 'nearly idle'];

const WHATS: Record<AcceptsTurn['what'], string> = {
  echo: 'a bare grpc-js server that answers the same message',
  'worker stopped': 'ours, no worker running',
  'worker running': 'ours, while one worker does them',
};

export function latencySection({ turns, wavesPerSecond, workload }: LatencyPart): Section {
  const groups = LOADS.map((load) => {
    const own = turns.filter((turn) => turn.load === load);
    return { title: `${load} load, ${whole(own[0]?.perSecond ?? 0)}/s`, label: load, turns: own };
  }).filter(({ turns: own }) => own.length > 0);
  const rows = groups.flatMap(({ label, turns: own }) =>
    Object.entries(QUANTILES).map(([key, name]) => {
      const {
        median: value,
        least,
        most,
      } = spread(own.map((turn) => turn.ms[key as keyof typeof QUANTILES]));
      return { label: `${label}, ${name}`, value, least, most, strong: label === 'half' };
    }),
  );
  const unit = 'milliseconds from asking the gateway to the start of the HTTP request at WeChat';
  const svg = bars('Accept → HTTP start', unit, rows, ms);
  const chart = { name: 'latency', about: 'Accept to HTTP start, percentiles', svg };
  return {
    lines: [
      '## Accept → HTTP start',
      `From asking the gateway to the start of the HTTP request at WeChat, the mini-programs of (a) in turns, asked for at
a steady rate whether or not others are done. L = ${workload.latencyMs} ms, ${workload.inFlight} in flight. Half load is half of what waves of (a) reached just
before: ${wavesPerSecond.map(whole).join(', ')}/s.`,
      table(
        ['', ...Object.values(QUANTILES)],
        groups.map(({ title, turns: own }) => [
          title,
          ...Object.keys(QUANTILES).map((key) =>
            middleOf(
              own.map((turn) => turn.ms[key as keyof typeof QUANTILES]),
              ms,
            ),
          ),
        ]),
      ),
      image(chart),
      ...usageTables(groups),
    ],
    charts: [chart],
  };
}

export function acceptsSection({ turns, asking }: AcceptsPart): Section {
  const groups = (Object.keys(WHATS) as AcceptsTurn['what'][])
    .map((what) => ({ title: WHATS[what], label: what, turns: turns.filter((turn) => turn.what === what) }))
    .filter(({ turns: own }) => own.length > 0);
  const speeds = (own: AcceptsTurn[]) => own.map(({ perSecond }) => perSecond);
  const bare = groups.find(({ label }) => label === 'echo')?.turns ?? [];
  return {
    lines: [
      '## Accepting',
      `Commits over gRPC, ${whole(asking)} asks at once, beside a bare grpc-js server asked in the same way in the same run. Ours answers when the
operation and its outbox row are on disk; the bare server has neither PostgreSQL nor Kafka to share the cores with. Its CPU is told as the gateway's.`,
      table(
        ['', 'accepts a second', 'of the bare one', 'p50', 'p99', 'p99.9'],
        groups.map(({ title, turns: own }) => [
          title,
          middleOf(speeds(own), whole),
          own === bare ? '' : (median(speeds(own)) / median(speeds(bare))).toFixed(2),
          ...Object.keys(QUANTILES).map((key) =>
            ms(median(own.map((turn) => turn.ms[key as keyof typeof QUANTILES]))),
          ),
        ]),
      ),
      ...usageTables(groups),
    ],
    charts: [],
  };
}
