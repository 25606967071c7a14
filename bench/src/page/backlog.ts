import type { Backlog, Spread, StatementCost } from '../backlog/result.js';
import { ms, short, table, whole } from './markdown.js';
import type { Section } from './section.js';

const spread = ({ p50, p99, most }: Spread, show: (value: number) => string) =>
  `${show(p50)}, ${show(p99)}, ${show(most)}`;

const counts = (of: Record<string, number>) =>
  Object.entries(of)
    .map(([what, count]) => `${what} ${whole(count)}`)
    .join(', ') || 'none';

export function backlogSection(backlog: Backlog): Section {
  const { operations, miniPrograms, perSecond, busy, workers, minutes, failures } = backlog;
  return {
    lines: [
      '## A backlog',
      `${whole(operations)} commits of ${whole(miniPrograms)} mini-programs, accepted as fast as the gateway goes, under \`WECHAT_RATE_PER_API=${perSecond}\`, with
${workers} ${workers === 1 ? 'worker' : 'workers'}; WeChat answers ${100 * busy} % of the calls -1. ${minutes === undefined ? 'Until all have ended.' : `Watched for ${minutes} minutes after the last was accepted.`} ${
        failures.length === 0 ? 'All that it checks held.' : `Not held: ${failures.join('; ')}.`
      }`,
      table(['figure', 'value'], rows(backlog)),
      'What PostgreSQL did for one operation, by pg_stat_statements (milliseconds by the clock, other processes included):',
      costs(backlog),
    ],
    charts: [],
  };
}

function rows(backlog: Backlog): string[][] {
  const { probes, retried, commandsTopic, workersHeld, waiting, states } = backlog;
  const begun = 'accepted → HTTP start (p50, p99, slowest)';
  return [
    ['accepts a second', whole(backlog.acceptsPerSecond)],
    [`${begun}, a query of a new mini-program`, spread(probes.acceptedToStartMs.fresh, ms)],
    [`${begun}, a change of one without commits`, spread(probes.acceptedToStartMs.others, ms)],
    ['the same from the ask, while the gateway is full', spread(probes.askedToStartMs.whileAccepting, ms)],
    ['the same from the ask, afterwards', spread(probes.askedToStartMs.afterwards, ms)],
    ['states at the end', counts(states)],
    ['waiting in Postgres when the last was accepted', counts(waiting.accepted)],
    ['waiting in Postgres at the end', counts(waiting.end)],
    ['not begun, though accepted before one that ended', whole(backlog.overtakenAndWaiting)],
    ['retried: operations; first -1 → end', `${whole(retried.operations)}; ${spread(retried.ms, ms)}`],
    ['accepted after a retried one and ended meanwhile', spread(retried.overtakenBy, whole)],
    [
      'commands topic: operations; records; missing; more than once',
      [commandsTopic.operations, commandsTopic.records, commandsTopic.missing, commandsTopic.twice]
        .map(whole)
        .join('; '),
    ],
    ...(['accepting', 'afterwards'] as const).map((phase) => [
      `commits a second; of what is given out (${phase})`,
      `${backlog.callsPerSecond[phase]}; ${(100 * backlog.used[phase]).toFixed(1)} %`,
    ]),
    ['the most memory a worker ever held', `${Math.max(...workersHeld.peakMiB)} MiB`],
    [
      'the most in lanes; records open, of one worker',
      `${whole(workersHeld.mostInLanes)}; ${whole(workersHeld.mostOpenRecords)}`,
    ],
  ];
}

function costs({ room, backlog }: Backlog): string {
  const line = (title: string, { calls, rows: operations, ms: took, walBytes }: StatementCost) => [
    title,
    whole(operations),
    short(calls / operations),
    short(took / operations),
    whole(walBytes / operations),
  ];
  const all = [
    ...Object.entries(room.statements).map(([kind, cost]) => ({ title: `found room: ${kind}`, cost })),
    ...Object.entries(backlog.statements).map(([kind, cost]) => ({ title: `backlog: ${kind}`, cost })),
  ];
  return table(
    ['', 'operations', 'statements', 'ms', 'bytes of WAL'],
    all
      .filter(({ title, cost }) => cost.rows > 0 && !title.endsWith('other'))
      .map(({ title, cost }) => line(title, cost)),
  );
}
