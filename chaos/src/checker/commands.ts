import { TOPICS } from '@wxa/contracts';
import type { KafkaEvent } from '@wxa/stack';
import { type FaultRecord, RESTORED } from '../history.js';
import { type Finding, type HistoryEvidence, newFinding, type RunCheck } from './finding.js';

/** The outbox relay deletes rows within a second after sending them, unless its process or machine is slow. */
const DELETED_WITHIN_MS = 5_000;
/** A relay continues within this time after a fault: it needs a lease, a gateway, Postgres and Kafka. */
const RESENT_WITHIN_MS = 30_000;

/** Each command is on its topic once: an operation that is delayed waits in Postgres and is not published again. */
export const publishedAgain: RunCheck = (evidence) =>
  copies(evidence)
    .filter(({ first, copy }) => !isResent(first, copy, evidence.faults))
    .map(toFinding);

/**
 * Commands that the outbox relay sent twice. If its process is lost after Kafka has the batch and before the rows are deleted,
 * the next relay sends them again; so does a relay that did not get the response of Kafka or Postgres, and a restore.
 */
export function resent(evidence: HistoryEvidence): Finding[] {
  return copies(evidence)
    .filter(({ first, copy }) => isResent(first, copy, evidence.faults))
    .map(toFinding);
}

interface Copy {
  first: KafkaEvent;
  copy: KafkaEvent;
  operationId: string;
}

function copies({ events }: HistoryEvidence): Copy[] {
  const commands = events.filter(({ topic }) => topic === TOPICS.commands);
  return [...Map.groupBy(commands, operationIdOf)].flatMap(([operationId, all]) => {
    const [first, ...others] = all.toSorted((a, b) => a.at - b.at);
    return first ? others.map((copy) => ({ first, copy, operationId })) : [];
  });
}

/** Whether it is the same message, soon after a fault of a process that was active when it was first sent. */
function isResent(first: KafkaEvent, copy: KafkaEvent, faults: readonly FaultRecord[]): boolean {
  const isSame = first.id === copy.id && first.value === copy.value;
  const resends = (fault: FaultRecord) =>
    copy.at <= fault.to + RESENT_WITHIN_MS && (interrupts(fault, first.at) || republishes(fault, copy.at));
  return isSame && faults.some(resends);
}

/** `wxa restore` publishes the commands of all operations that have not ended. */
function republishes({ name, from }: FaultRecord, at: number): boolean {
  return name === RESTORED && from <= at;
}

function interrupts({ from, to, target }: FaultRecord, at: number): boolean {
  return target !== 'WeChat' && from <= at + DELETED_WITHIN_MS && to >= at - DELETED_WITHIN_MS;
}

function toFinding({ first, copy, operationId }: Copy): Finding {
  const laterSeconds = ((copy.at - first.at) / 1000).toFixed(1);
  const ids = first.id === copy.id ? first.id : `${first.id} and ${copy.id}`;
  return newFinding(
    { appid: first.key, id: operationId },
    `${ids} is at ${first.partition}/${first.offset} and, ${laterSeconds} s later, at ${copy.partition}/${copy.offset}`,
  );
}

function operationIdOf({ value }: KafkaEvent): string {
  return String((JSON.parse(value) as { operationId?: string }).operationId ?? '');
}
