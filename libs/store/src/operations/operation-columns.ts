const COLUMNS = {
  id: 'id',
  appid: 'appid',
  request_id: 'requestId',
  method: 'method',
  is_change: 'isChange',
  state: 'state',
  fence: 'fence',
  attempts: 'attempts',
  created_at: 'createdAt',
  started_at: 'startedAt',
  ended_at: 'endedAt',
  next_attempt_at: 'nextAttemptAt',
  blocked_by: 'blockedBy',
  error: 'error',
  result: 'result',
  traceparent: 'traceparent',
  updated_at: 'updatedAt',
  accepted_by: 'acceptedBy',
};

/** The select list of an OperationEntity, from the table alias `alias`. */
export function operationColumns(
  alias: string,
  instead: Partial<Record<keyof typeof COLUMNS, string>> = {},
): string {
  return Object.entries(COLUMNS)
    .map(
      ([column, name]) => `${instead[column as keyof typeof COLUMNS] ?? `${alias}.${column}`} as "${name}"`,
    )
    .join(', ');
}

/** The select list of a ClaimedOperation, from the table alias `alias`. */
export function claimedColumns(
  alias: string,
  instead: Partial<Record<keyof typeof COLUMNS | 'throttled_ms', string>> = {},
): string {
  const throttled = instead.throttled_ms ?? `${alias}.throttled_ms`;
  const own = `${alias}.request, ${alias}.noted as snapshot, ${alias}.may_have_acted as "mayHaveActed",
    ${alias}.said_not_done as "negativeReads", ${throttled} as "throttledMs"`;
  return `${own}, ${operationColumns(alias, instead)}`;
}
