import type { OperationRecord, OperationStateName } from '@wxa/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { columns } from '../schema/columns.js';

/**
 * One WeChat API call requested for one mini-program.
 * TypeORM is used for migrations and the pool only; all statements are SQL.
 */
@Entity('operations')
export class OperationEntity implements OperationRecord {
  /** UUIDv7: sorts by the time of acceptance. */
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  appid!: string;

  @Column('text', { name: 'request_id' })
  requestId!: string;

  @Column('text')
  method!: string;

  @Column('boolean', { name: 'is_change' })
  isChange!: boolean;

  @Column('text')
  state!: OperationStateName;

  /** How often it was claimed; fences stale workers. */
  @Column('int')
  fence!: number;

  /** The key of its last claim. Numbers of claims are used twice if Postgres loses time, keys are not. */
  @Column('uuid', { name: 'claim_key', nullable: true })
  claimKey!: string | null;

  /** How often the call was sent to WeChat. */
  @Column('int')
  attempts!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('timestamptz', { name: 'next_attempt_at', nullable: true })
  nextAttemptAt!: Date | null;

  @Column('uuid', { name: 'blocked_by', nullable: true })
  blockedBy!: string | null;

  /** Proto3 JSON of OperationError. */
  @Column('json', { nullable: true })
  error!: unknown;

  /** Proto3 JSON of the method's result. */
  @Column('json', { nullable: true })
  result!: unknown;

  @Column('text')
  traceparent!: string;

  @Column('text', { nullable: true })
  tracestate!: string | null;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  /** Name of the caller for which it was accepted. */
  @Column('text', { name: 'accepted_by', nullable: true })
  acceptedBy!: string | null;

  /** The person for whom the caller acted, as the caller stated it. */
  @Column('text', { name: 'on_behalf_of', nullable: true })
  onBehalfOf!: string | null;

  /** Derived: it is in doubt, and no reconciliation is planned. */
  awaitingResolution?: boolean;
}

const OPERATION = columns<Omit<OperationEntity, 'awaitingResolution'>>({
  id: 'uuid',
  appid: 'text',
  requestId: 'text',
  method: 'text',
  isChange: 'boolean',
  state: 'text',
  fence: 'int',
  claimKey: 'uuid',
  attempts: 'int',
  createdAt: 'timestamptz',
  startedAt: 'timestamptz',
  endedAt: 'timestamptz',
  nextAttemptAt: 'timestamptz',
  blockedBy: 'uuid',
  error: 'json',
  result: 'json',
  traceparent: 'text',
  tracestate: 'text',
  updatedAt: 'timestamptz',
  acceptedBy: 'text',
  onBehalfOf: 'text',
});

type Instead = Parameters<typeof OPERATION.select>[1];

/** The select list of an OperationEntity, from the table alias `alias`. */
export function operationColumns(alias: string, instead: Instead = {}): string {
  const isAwaiting = `${alias}.state = 'IN_DOUBT' and ${alias}.ask_at is null`;
  return `${OPERATION.select(alias, instead)}, ${isAwaiting} as "awaitingResolution"`;
}

/** The select list of a ClaimedOperation, from the table alias `alias`. */
export function claimedColumns(alias: string, instead: Instead & { throttledMs?: string } = {}): string {
  const throttled = instead.throttledMs ?? `${alias}.throttled_ms`;
  const own = `${alias}.request, ${alias}.noted as snapshot, ${alias}.may_have_acted as "mayHaveActed",
    ${alias}.said_not_done as "negativeReads", ${throttled} as "throttledMs"`;
  return `${own}, ${operationColumns(alias, instead)}`;
}
