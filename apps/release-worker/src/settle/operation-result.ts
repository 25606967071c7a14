import { METHODS, type Method, type OperationResult } from '@wxa/contracts';

/** The member of Operation's `result` oneof for what a method's success gave; undefined where it gives nothing. */
export function operationResult(method: Method, value: unknown): OperationResult | undefined {
  return value === undefined ? undefined : ({ $case: METHODS[method].field, value } as OperationResult);
}
