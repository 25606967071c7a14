import { TOPICS } from '@wxa/contracts';
import type { FaultRecord, KafkaEvent } from '../history.js';
import { groupedBy } from './published.js';
import { type Check, type Evidence, type Wrong, wrong } from './wrong.js';

/** The outbox relay deletes what it has sent within a second, unless a process or its machine is in the way. */
const DELETED_WITHIN_MS = 5_000;
/** A relay goes on so soon after a fault: once there are a lease, a gateway, Postgres and Kafka again. */
const RESENT_WITHIN_MS = 30_000;

/** A command is on its topic once: whatever has to wait, waits in Postgres and is not published again. */
export const publishedAgain: Check = (evidence) =>
  copies(evidence)
    .filter(({ first, copy }) => !isResent(first, copy, evidence.faults))
    .map(toWrong);

/**
 * How often the outbox relay sent a command twice: a process that is lost after Kafka has taken a batch and before the
 * rows are deleted leaves them to the next relay, and so does an answer of Kafka or Postgres that is lost.
 */
export function resent(evidence: Evidence): Wrong[] {
  return copies(evidence)
    .filter(({ first, copy }) => isResent(first, copy, evidence.faults))
    .map(toWrong);
}

interface Copy {
  first: KafkaEvent;
  copy: KafkaEvent;
  operationId: string;
}

function copies({ events }: Evidence): Copy[] {
  const commands = events.filter(({ topic }) => topic === TOPICS.commands);
  return [...groupedBy(commands, operationIdOf)].flatMap(([operationId, all]) => {
    const [first, ...others] = all.toSorted((a, b) => a.at - b.at);
    return first ? others.map((copy) => ({ first, copy, operationId })) : [];
  });
}

/** The same message again, soon after a fault of a process that was at work when it was first sent. */
function isResent(first: KafkaEvent, copy: KafkaEvent, faults: readonly FaultRecord[]): boolean {
  const isSame = first.id === copy.id && first.value === copy.value;
  return (
    isSame && faults.some((fault) => interrupts(fault, first.at) && copy.at <= fault.to + RESENT_WITHIN_MS)
  );
}

function interrupts({ from, to, target }: FaultRecord, at: number): boolean {
  return target !== 'WeChat' && from <= at + DELETED_WITHIN_MS && to >= at - DELETED_WITHIN_MS;
}

function toWrong({ first, copy, operationId }: Copy): Wrong {
  const laterSeconds = ((copy.at - first.at) / 1000).toFixed(1);
  const ids = first.id === copy.id ? first.id : `${first.id} and ${copy.id}`;
  return wrong(
    { appid: first.key, id: operationId },
    `${ids} is at ${first.partition}/${first.offset} and, ${laterSeconds} s later, at ${copy.partition}/${copy.offset}`,
  );
}

function operationIdOf({ value }: KafkaEvent): string {
  return String((JSON.parse(value) as { operationId?: string }).operationId ?? '');
}
