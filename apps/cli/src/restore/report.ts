import {
  type ChangedRollout,
  COUNTS,
  type Left,
  type Report,
  type Stopped,
  type StrayOperation,
} from '@wxa/restore';
import { singleLine } from '../output/printable.js';

/** Lines that are printed at most of each kind; `--json` has all. */
const MAX_LINES = 20;

/** A table of counts, followed by what an operator must look at. */
export function reportText({ counts, left, missing, rollouts, strayOperations, stopped }: Report): string {
  return [
    ...COUNTS.map((name) => `${label(name).padEnd(12)} ${String(counts[name]).padStart(8)}`),
    ...first(left.map(lineOf)),
    ...first(missing.map((id) => `missing: ${id}`)),
    ...first(rollouts.map(rolloutLine)),
    ...first(strayOperations.map(strayLine)),
    ...(stopped === undefined ? [] : stopLines(stopped)),
    ...advice(missing),
  ].join('\n');
}

/** `inDoubt`: `in doubt`. */
const label = (name: string) => name.replace(/[A-Z]/, (letter) => ` ${letter.toLowerCase()}`);

function rolloutLine({ id, name, state, rollbackOf, lastEvent, lastEventAt }: ChangedRollout): string {
  const what = `rollout ${id} (${name})${rollbackOf === null ? '' : `, rollback of ${rollbackOf}`}`;
  const last = lastEvent === null ? '' : `; last event ${lastEvent} at ${lastEventAt?.toISOString()}`;
  if (state === null) return `only on Kafka: ${what}${last}`;
  return `${state === 'RUNNING' ? 'paused' : `still ${state}`}: ${what}${last}`;
}

const strayLine = ({ operationId, appid, method, rolloutId }: StrayOperation) =>
  `of a lost rollout: ${method} ${operationId} of ${appid}, rollout ${rolloutId}`;

/** What was stopped, and how that ends. */
export function stopLines({ replaced }: Stopped): string[] {
  return [
    ...replaced.map(
      ({ api, by, until, reason }) =>
        `stopped before: ${api} by ${by} until ${until.toISOString()}: ${singleLine(reason)}`,
    ),
    'the APIs of all changes are stopped (restore) until: wxa quota lift --all-changes',
  ];
}

function lineOf({ operationId, storedId, message, appid, why }: Left): string {
  if (message !== undefined) return `unreadable: ${message} of ${appid || 'no mini-program'}: ${why}`;
  return `conflict of ${appid}: published ${operationId}, stored ${storedId}: ${why}`;
}

/** Their text may be of Kafka messages. */
function first(given: string[]): string[] {
  const lines = given.map(singleLine);
  const more = lines.length - MAX_LINES;
  return more > 0 ? [...lines.slice(0, MAX_LINES), `… and ${more} more (--json)`] : lines;
}

function advice(missing: string[]): string[] {
  if (missing.length === 0) return [];
  return [
    `${missing.length} operations were published as ended and are missing: --since is later than the time that`,
    'Postgres was restored to. Workers stay stopped: run it again with an earlier --since.',
  ];
}
