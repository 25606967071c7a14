import { TOPICS } from '@wxa/contracts';
import type { Finding } from '../checker/finding.js';
import { operationOf } from '../checker/published.js';
import type { FaultRecord, OperationRow, RunHistory } from '../history.js';
import { tagOfCall } from '../load/tags.js';

/** How long before and after the operation events are listed. */
const AROUND_MS = 3000;
/** How much of a body is printed. */
const BODY_CHARACTERS = 120;

type Line = [at: number, what: string];

/** Everything known about one incorrect operation, in chronological order. */
export function historyOf(history: RunHistory, { operationId, appid, what }: Finding): string {
  const row = history.operations.find(({ id }) => id === operationId);
  const found = row ? linesOf(history, row) : linesOfAppid(history, appid);
  const printed = found.sort((a, b) => a[0] - b[0]).map(([at, text]) => `  ${clock(at)} ${text}`);
  return [
    `${what}`,
    `operation ${operationId || '(none)'} of ${appid}`,
    ...(row ? [rowLine(row)] : []),
    ...printed,
  ].join('\n');
}

function linesOf(history: RunHistory, row: OperationRow): Line[] {
  const from = row.createdAt - AROUND_MS;
  const to = (row.endedAt ?? Date.now()) + AROUND_MS;
  const near = ([at]: Line) => at >= from && at <= to;
  return [
    ...attempts(history, row),
    ...calls(history, row.appid).filter(near),
    ...neighbours(history, row).filter(near),
    ...events(history, row),
    ...history.faults.filter((fault) => fault.from < to && fault.to > from).flatMap(faultLines),
  ];
}

/** If no operation is concerned: the last calls of the mini-program. */
function linesOfAppid(history: RunHistory, appid: string): Line[] {
  return calls(history, appid).slice(-50);
}

function attempts({ requested }: RunHistory, row: OperationRow): Line[] {
  const one = requested.find(({ appid, requestId }) => appid === row.appid && requestId === row.requestId);
  return (one?.attempts ?? []).flatMap(({ gateway, sentAt, endedAt, operation, failedWith }): Line[] => [
    [sentAt, `caller   calls gateway ${gateway + 1} with ${row.method} ${row.requestId}`],
    [endedAt, `caller   gets ${failedWith ?? operation ?? 'the result'}`],
  ]);
}

function calls(history: RunHistory, appid: string): Line[] {
  return history.calls
    .filter((call) => call.appid === appid)
    .flatMap((call): Line[] => {
      const body = call.body.slice(0, BODY_CHARACTERS);
      const change = tagOfCall(call) ? '' : ' (query)';
      const lines: Line[] = [[call.startedAt, `WeChat   call ${call.seq} ${call.api}${change} ${body}`]];
      if (call.effect !== null && call.effectAt !== null)
        lines.push([call.effectAt, `WeChat   call ${call.seq} executes: ${call.effect}`]);
      if (call.endedAt !== null)
        lines.push([
          call.endedAt,
          `WeChat   call ${call.seq} returns ${call.errcode ?? 'nothing readable'}${call.fault ? ` (fault ${call.fault})` : ''}`,
        ]);
      return lines;
    });
}

function neighbours({ operations }: RunHistory, row: OperationRow): Line[] {
  return operations
    .filter(({ appid, isChange }) => appid === row.appid && isChange)
    .flatMap((other): Line[] => {
      const name = `${other.id === row.id ? 'THIS' : 'other'} ${other.method} ${other.requestId} (seq ${other.seq})`;
      const lines: Line[] = [[other.createdAt, `table    ${name} is accepted`]];
      if (other.startedAt !== null) lines.push([other.startedAt, `table    ${name} is claimed first`]);
      if (other.endedAt !== null) lines.push([other.endedAt, `table    ${name} ended ${other.state}`]);
      return lines;
    });
}

function events(history: RunHistory, row: OperationRow): Line[] {
  return history.events
    .filter((event) => event.id.startsWith(row.id) || (event.key === row.appid && isOf(event, row.id)))
    .map(({ at, type, id, topic, partition, offset }) => [
      at,
      `Kafka    ${type} ${id} at ${topic}/${partition}/${offset}`,
    ]);
}

function isOf(event: RunHistory['events'][number], id: string): boolean {
  return event.topic === TOPICS.outcomes && operationOf(event).id === id;
}

function faultLines({ name, target, from, to }: FaultRecord): Line[] {
  return [
    [from, `fault    ${name}: ${target}`],
    [to, `fault    ${name}: ${target}, ended`],
  ];
}

function rowLine({ method, state, seq, calls, error, result }: OperationRow): string {
  const why = error ? ` ${JSON.stringify(error)}` : '';
  return `${method}, seq ${seq}, ${state}, sent ${calls} times${why}${result ? ` ${JSON.stringify(result).slice(0, BODY_CHARACTERS)}` : ''}`;
}

function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
