import type { Statements } from '../results.js';
import { short, table, whole } from './markdown.js';
import type { Section } from './section.js';

/** Statements that take less of PostgreSQL's time are not told. */
const LEAST_PERCENT = 2;

export function statementsSection({ wave, plans }: Statements): Section {
  const { operations, operationsPerSecond, perOperation, hotUpdatePercent, statements } = wave;
  return {
    lines: [
      '## What PostgreSQL does for an operation',
      `A wave of ${whole(operations)} operations as at (a) with \`pg_stat_statements\` and all commits durable, ${whole(operationsPerSecond)} a second: for each operation
${short(perOperation.cpuMs)} ms of CPU, ${short(perOperation.transactions)} transactions and ${whole(perOperation.walBytes)} bytes of WAL; ${short(hotUpdatePercent)} % of the updates of \`operations\` are HOT.`,
      table(
        [
          'statement',
          'of the time',
          'calls for one',
          'rows of a call',
          'plan',
          'run',
          'buffers of a call',
          'WAL bytes for one',
        ],
        statements
          .filter(({ percent }) => percent >= LEAST_PERCENT)
          .map((one) => [
            `\`${beginning(one.statement)}\``,
            `${short(one.percent)} %`,
            short(one.callsPerOperation),
            short(one.rowsPerCall),
            `${short(one.planMs)} ms`,
            `${short(one.meanMs)} ms`,
            whole(one.buffersPerCall),
            whole(one.walBytesPerOperation),
          ]),
      ),
      ...(plans === undefined ? [] : planLines(plans)),
    ],
    charts: [],
  };
}

function planLines({ rows, waiting, batch, plans }: NonNullable<Statements['plans']>): string[] {
  return [
    `Each statement among ${whole(rows)} finished operations, ${whole(2 * waiting)} that wait and ${whole(waiting)} events in the outbox, as \`auto_explain\` logs
it; accept, claim, settle and find are about ${batch} operations. Milliseconds were taken beside other work on the machine.`,
    table(
      ['statement', 'rows', 'pages', 'WAL bytes', 'ms', 'read from end to end'],
      plans.map((one) => [
        one.name,
        whole(one.rows),
        whole(one.pages),
        whole(one.walBytes),
        short(one.ms),
        one.seqScans.map((name) => `\`${name}\``).join(', ') || '–',
      ]),
    ),
  ];
}

function beginning(statement: string): string {
  const text = statement.replaceAll('|', '\\|').replaceAll('`', "'");
  return text.length > 70 ? `${text.slice(0, 69)}…` : text;
}
