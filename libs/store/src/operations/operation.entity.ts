import type { OperationRecord, OperationStateName } from '@wxa/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

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

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  /** Name of the caller for which it was accepted. */
  @Column('text', { name: 'accepted_by', nullable: true })
  acceptedBy!: string | null;
}
