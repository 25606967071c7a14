import { availableParallelism, cpus } from 'node:os';
import type { ChaosOptions } from '../arguments.js';
import { needsOperator } from '../checker/accepted.js';
import type { CheckName } from '../checker/check.js';
import { resent } from '../checker/commands.js';
import { harmlessRepetitions } from '../checker/done.js';
import { evidence, type Finding } from '../checker/finding.js';
import type { RunHistory } from '../history.js';
import type { RunResult } from '../run.js';
import { historyOf } from './one-operation.js';
import { LONGEST_PAUSE_MS, longestPause } from './pauses.js';
import { paddedTable, tally } from './table.js';

const MAX_LISTED = 5;

export interface RunReport {
  text: string;
  passed: boolean;
}

/** The whole result as text that is valid Markdown. */
export function report(
  args: ChaosOptions,
  run: RunResult,
  findings: Record<CheckName, Finding[]>,
): RunReport {
  const { history } = run;
  const settledAt = history.operations.flatMap(({ endedAt }) => endedAt ?? []);
  const pauseMs = args.brokers === 3 ? longestPause(settledAt, history.faults) : 0;
  const found = Object.values(findings).flat();
  const passed = found.length === 0 && pauseMs <= LONGEST_PAUSE_MS && outlasts(run.backlog);
  const parts = [
    `\`npm run chaos -- --minutes ${args.minutes} --seed ${args.seed} --brokers ${args.brokers} --fleet ${args.fleet} --rollout ${args.rollout}${args.recovery ? ' --recovery' : ''}\``,
    machine(),
    faults(history),
    load(run),
    operations(history),
    rollouts(history),
    checks(findings, [
      ...(args.brokers === 3 ? [pauseRow(pauseMs)] : []),
      ...(run.backlog ? backlogRows(run.backlog) : []),
    ]),
    notes(run),
    ...(found.length > 0 ? [details(history, findings)] : []),
    passed ? 'PASSED' : 'FAILED',
  ];
  return { text: `${parts.filter(Boolean).join('\n\n')}\n`, passed };
}

function machine(): string {
  const [cpu] = cpus();
  return `${new Date().toISOString()}, ${availableParallelism()} cores, ${cpu?.model ?? 'unknown'}, Node ${process.version}`;
}

function faults({ faults: all }: RunHistory): string {
  const rows = tally(all.map(({ name }) => name)).map(([name, count]) => {
    const seconds =
      all.filter((one) => one.name === name).reduce((sum, { from, to }) => sum + to - from, 0) / 1000;
    return [name, count, seconds.toFixed(1)];
  });
  return paddedTable(['fault', 'times', 'total seconds'], rows);
}

function load({ history: { requested, calls, events }, settledMs, backlog }: RunResult): string {
  const attempts = requested.flatMap((one) => one.attempts);
  const failures = tally(attempts.flatMap((one) => one.failedWith ?? []));
  const rows = [
    ['requests (request_ids)', requested.length],
    ['attempts at a gateway', attempts.length],
    ...failures.map(([code, count]) => [`responses with ${code}`, count]),
    ['calls at WeChat', calls.length],
    ['effects at WeChat', calls.filter(({ effect }) => effect !== null).length],
    ['messages on Kafka', events.length],
    ...(backlog ? [['rate limit of one API, calls per second', backlog.perSecond] as const] : []),
    ['seconds until all operations had ended', (settledMs / 1000).toFixed(1)],
  ] as const;
  return paddedTable(['load', 'count'], rows);
}

function operations({ operations: rows }: RunHistory): string {
  const states = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'IN_DOUBT', 'RETRYING', 'RUNNING', 'QUEUED'];
  const methods = tally(rows.map(({ method }) => method));
  const used = states.filter((state) => rows.some((row) => row.state === state));
  const lines = methods.map(([method, count]) => [
    method,
    ...used.map((state) => rows.filter((row) => row.method === method && row.state === state).length),
    count,
  ]);
  const sums = used.map((state) => rows.filter((row) => row.state === state).length);
  return paddedTable(['operations', ...used, 'all'], [...lines, ['all', ...sums, rows.length]]);
}

/** Empty without a rollout. */
function rollouts({ rollouts: all }: RunHistory): string {
  const rows = all.flatMap(({ state, rows: targets, journal }) => {
    const states = tally(targets.map((target) => target.state));
    return states.map(([of, count]) => [state, journal.length, of, count] as const);
  });
  return rows.length === 0 ? '' : paddedTable(['rollout', 'journal entries', 'targets', 'count'], rows);
}

type Row = (string | number)[];

function checks(findings: Record<CheckName, Finding[]>, others: Row[]): string {
  const rows = Object.entries(findings).map(([name, found]): Row => [name, found.length, 0]);
  return paddedTable(['check', 'found', 'allowed'], [...rows, ...others]);
}

function pauseRow(pauseMs: number): Row {
  const seconds = (pauseMs / 1000).toFixed(1);
  return [
    'longest pause between two outcomes around a killed broker, s',
    seconds,
    `≤ ${LONGEST_PAUSE_MS / 1000}`,
  ];
}

/** A backlog that ended before the faults, or fitted into memory, tested nothing. */
function outlasts(backlog: RunResult['backlog']): boolean {
  return backlog === undefined || (backlog.left > 0 && backlog.mostDelayed > 0);
}

function backlogRows({ left, mostDelayed }: NonNullable<RunResult['backlog']>): Row[] {
  return [
    ['operations left when the faults ended', left, '≥ 1'],
    ['operations delayed in Postgres, maximum', mostDelayed, '≥ 1'],
  ];
}

/** Facts that are not errors. */
function notes({ history, unexpected }: RunResult): string {
  const failed = history.operations.filter(({ state }) => state === 'FAILED');
  const why = tally(
    failed.map(({ method, error }) => `${method}: ${error?.reason ?? ''} ${error?.errcode ?? ''}`),
  );
  const doubts = history.operations.filter(needsOperator);
  const known = evidence(history);
  const retries = harmlessRepetitions(known);
  const duplicates = resent(known);
  const lines = [
    ...why.map(([what, count]) => `- failed, ${what} (${count})`),
    ...doubts.map(
      ({ id, method, error }) => `- in doubt, ${method} ${id}: ${error?.reason} ${error?.errmsg ?? ''}`,
    ),
    ...(retries.length > 0 ? [`- harmless repetitions of an effect (${retries.length})`] : []),
    ...(known.forgotten.size > 0
      ? [`- changes of mini-programs of which a restore has forgotten several (${known.forgotten.size})`]
      : []),
    ...(duplicates.length > 0
      ? [`- commands that the outbox relay sent twice around a fault (${duplicates.length})`]
      : []),
    ...tally(unexpected).map(([what, count]) => `- ${what} (${count})`),
  ];
  return lines.length > 0 ? `Notes:\n\n${lines.join('\n')}` : '';
}

function details(history: RunHistory, findings: Record<CheckName, Finding[]>): string {
  const named = Object.entries(findings).flatMap(([name, found]) =>
    found
      .slice(0, MAX_LISTED)
      .map(({ appid, operationId, what }) => `- ${name}: ${appid} ${operationId} ${what}`),
  );
  const [first] = Object.values(findings).flat();
  const one = first ? `The history of the first one:\n\n\`\`\`\n${historyOf(history, first)}\n\`\`\`` : '';
  return `Finding:\n\n${named.join('\n')}\n\n${one}`;
}
