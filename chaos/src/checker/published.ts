import { eventType, TOPICS } from '@wxa/contracts';
import type { KafkaEvent } from '@wxa/stack';
import type { OperationRow } from '../history.js';
import { isEnded } from './accepted.js';
import { newFinding, type RunCheck } from './finding.js';

/** Every outcome is published under one id with one value, and so is every operation that is still in doubt. */
export const outcomeMissing: RunCheck = ({ operations, events, tableReadAt }) => {
  const byOperation = Map.groupBy(
    events.filter(({ topic }) => topic === TOPICS.outcomes),
    (event) => String(operationOf(event).id ?? ''),
  );
  return operations.flatMap((row) => {
    const published = byOperation.get(row.id) ?? [];
    // What had not ended when the table was read may have ended since.
    const what = isEnded(row)
      ? missingOutcome(row, published)
      : missingDoubt(
          row,
          published.filter(({ at }) => at < tableReadAt),
        );
    return what ? [newFinding(row, what)] : [];
  });
};

/** One id has one value, or a consumer that deduplicates on it misses a message. */
export const twoValues: RunCheck = ({ events }) => {
  const byId = Map.groupBy(
    events.filter(({ id }) => id !== ''),
    ({ topic, id }) => `${topic} ${id}`,
  );
  return [...byId.values()].flatMap(([first, ...others]) => {
    const other = first && others.find(({ value }) => value !== first.value);
    if (!first || !other) return [];
    const places = `${first.partition}/${first.offset} and ${other.partition}/${other.offset}`;
    return [
      newFinding(
        { appid: first.key, id: first.id.split('.', 1)[0] ?? '' },
        `${first.id} has two values, at ${places}`,
      ),
    ];
  });
};

/** No message that a consumer has read disappears, and none of ours is dead-lettered. */
export const topicsChanged: RunCheck = ({ events, readBefore }) => {
  const places = new Set(events.map(({ topic, partition, offset }) => `${topic}/${partition}/${offset}`));
  const gone = readBefore.filter((place) => !places.has(place));
  const dead = events.filter(({ topic }) => topic === TOPICS.deadLetters);
  return [
    ...gone.map((place) => newFinding({ appid: '', id: '' }, `${place} was read before and is missing`)),
    ...dead.map(({ key, offset }) => newFinding({ appid: key, id: '' }, `dead letter ${offset}`)),
  ];
};

/** No secret is readable in a log or on Kafka. */
export const leaked: RunCheck = ({ leaks }) =>
  leaks.map(({ secret, where }) => newFinding({ appid: '', id: '' }, `${secret} is readable in ${where}`));

function missingOutcome(row: OperationRow, events: readonly KafkaEvent[]): string | undefined {
  const outcomes = events.filter(({ type }) => type === eventType('OperationCompleted'));
  const ids = new Set(outcomes.map(({ id }) => id));
  if (ids.size === 0) return `${row.method} is ${row.state}, which was not published`;
  if (ids.size > 1) return `its outcome was published under ${[...ids].join(' and ')}`;
  const states = new Set(outcomes.map((event) => operationOf(event).state));
  return states.has(`OPERATION_STATE_${row.state}`)
    ? undefined
    : `is ${row.state}, published as ${[...states].join()}`;
}

function missingDoubt(row: OperationRow, events: readonly KafkaEvent[]): string | undefined {
  if (events.some(({ type }) => type === eventType('OperationCompleted')))
    return `is ${row.state}, but published as ended`;
  const isPublished =
    row.state !== 'IN_DOUBT' || events.some(({ type }) => type === eventType('OperationInDoubt'));
  return isPublished ? undefined : 'is in doubt, which was not published';
}

export function operationOf({ value }: KafkaEvent): { id?: string; state?: string } {
  return (JSON.parse(value) as { operation?: { id?: string; state?: string } }).operation ?? {};
}
