import type { AuditDecision } from '@wxa/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The state of an audit; all but OPEN are final. */
export type StoredAuditState = 'OPEN' | 'APPROVED' | 'REJECTED' | 'WITHDRAWN';

/**
 * One audit submitted by this service.
 * TypeORM is used for migrations and the pool only; all statements are SQL.
 */
@Entity('audits')
export class AuditEntity {
  /** The SubmitAudit operation. */
  @PrimaryColumn('uuid', { name: 'operation_id' })
  operationId!: string;

  @Column('text')
  appid!: string;

  /** WeChat's audit id, in decimal digits: it may exceed 2^53. */
  @Column('bigint', { name: 'audit_id' })
  auditId!: string;

  @Column('text', { name: 'user_version' })
  userVersion!: string;

  @Column('text')
  state!: StoredAuditState;

  @Column('timestamptz', { name: 'submitted_at' })
  submittedAt!: Date;

  @Column('timestamptz', { name: 'decided_at', nullable: true })
  decidedAt!: Date | null;

  @Column('text', { nullable: true })
  source!: AuditDecision['source'] | null;

  /** When AuditDelayed was published. */
  @Column('timestamptz', { name: 'delayed_at', nullable: true })
  delayedAt!: Date | null;

  /** The key of the callback with its decision. */
  @Column('text', { name: 'push_key', nullable: true })
  pushKey!: string | null;
}
