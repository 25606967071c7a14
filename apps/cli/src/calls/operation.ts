import { methodOf, type ResponseJson } from '@wxa/client';
import { EXIT } from '../exit-codes.js';
import { print } from '../output/print.js';
import { fields } from './show.js';

export type OperationJson = ResponseJson<'Operations/GetOperation'>;

/** An operation's state without its prefix. */
export function operationState({ state }: OperationJson): string {
  return state.replace('OPERATION_STATE_', '');
}

/** Prints an operation. */
export function printOperation(asJson: boolean | undefined, operation: OperationJson): void {
  print(asJson, operation, fields(methodOf('Operations/GetOperation').output, operation));
}

const CODES: Record<string, number> = {
  SUCCEEDED: EXIT.ok,
  FAILED: EXIT.notFound,
  CANCELLED: EXIT.notFound,
  IN_DOUBT: EXIT.inDoubt,
};

/** The exit code of a command that waited for an operation. */
export function exitCodeOf(operation: OperationJson): number {
  return CODES[operationState(operation)] ?? EXIT.retryLater;
}
