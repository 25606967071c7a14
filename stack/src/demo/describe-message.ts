import {
  AuditCompleted,
  AuditDelayed,
  CodeCommand,
  eventType,
  type Operation,
  OperationCompleted,
  OperationInDoubt,
} from '@wxa/contracts';

const TELL: Readonly<Record<string, (json: unknown) => string>> = {
  [eventType('CodeCommand')]: (json) => CodeCommand.fromJSON(json).method,
  [eventType('OperationCompleted')]: (json) => outcome(OperationCompleted.fromJSON(json).operation),
  [eventType('OperationInDoubt')]: (json) => outcome(OperationInDoubt.fromJSON(json).operation),
  [eventType('AuditCompleted')]: (json) => {
    const { result, reason } = AuditCompleted.fromJSON(json);
    return `AuditCompleted ${withoutPrefix(result, 'AUDIT_RESULT_')} ${reason}`;
  },
  [eventType('AuditDelayed')]: (json) => `AuditDelayed ${AuditDelayed.fromJSON(json).reason}`,
};

/** One line about a message of ours: what it is about and how that ended. */
export function describeMessage(type: string, json: unknown): string {
  return TELL[type]?.(json) ?? `${type || 'no ce_type'}: not known to this program`;
}

function outcome(operation: Operation | undefined): string {
  if (!operation) return 'without an operation';
  const state = withoutPrefix(operation.state, 'OPERATION_STATE_');
  const attempts = operation.attempts > 1 ? `, ${operation.attempts} attempts` : '';
  const { errcode, reason } = operation.error ?? {};
  const error = reason ? `, ${errcode ? `${errcode} ` : ''}${reason}` : '';
  return `${operation.method} ${state}${attempts}${error}`;
}

/** An enum's value as people say it: REJECTED for AUDIT_RESULT_REJECTED. */
export function withoutPrefix(value: string, prefix: string): string {
  return value.startsWith(prefix) ? value.slice(prefix.length) : value;
}
