import { isMethod, OperationError } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/store';
import type { ErrorCategory, WxaError } from '@wxa/wxa-client';

/** The error that caused the doubt or the retry: a lost response, a busy one, or the rejection of a retry. */
export function lastError({ method, error }: Pick<ClaimedOperation, 'method' | 'error'>): WxaError {
  const { category, ...fields } = OperationError.fromJSON(error ?? {});
  const name = category.replace('ERROR_CATEGORY_', '') as ErrorCategory;
  return { ...fields, category: name, api: isMethod(method) ? ROOMS[method].api : '' };
}
