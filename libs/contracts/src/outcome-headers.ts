import { isMethod, METHODS } from './methods.js';

/**
 * The headers that only an outcome has, so that a consumer can filter by kind, method or state without decoding the value.
 * They are read from the value, because the outbox has only the columns that all events have.
 * @param value JSON text of OperationCompleted or OperationInDoubt.
 */
export function outcomeHeaders(value: string): Record<string, string> {
  const { operation } = JSON.parse(value) as { operation?: { method?: string; state?: string } };
  const { method = '', state = '' } = operation ?? {};
  if (!isMethod(method)) return {};
  const { kind } = METHODS[method];
  return { ce_method: method, ce_state: state.replace('OPERATION_STATE_', ''), ce_kind: kind };
}
