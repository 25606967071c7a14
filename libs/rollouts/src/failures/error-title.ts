import type { OperationError } from '@wxa/contracts';

/**
 * The title of the failure group of an error: the first 80 characters of WeChat's text without its variable parts, or the
 * first reason of a rejection.
 */
export function errorTitle(error: OperationError): string {
  throw new Error(`not implemented: ${error}`);
}
