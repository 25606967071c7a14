import { type Problem, problem } from '@wxa/contracts';
import { type Api } from '@wxa/wxa-client';
import { field, present, type Rule } from './checks.js';
import type { CallResult } from './room.js';
import { serviceError } from './service-errors.js';

/** A request that has either a value or `from_settings`. */
interface ValueRequest {
  value?: { $case: string; value: unknown } | undefined;
}

/** The rules of a request that has either a value or `from_settings`. */
export const VALUE_RULES: readonly Rule<ValueRequest>[] = [
  field('value', (r) => r.value, present),
  field('from_settings', (r) => r.value, trueIfGiven),
];

function trueIfGiven(value: ValueRequest['value']): Problem | undefined {
  return value?.$case === 'fromSettings' && value.value !== true ? problem('NOT_TRUE') : undefined;
}

/** The gateway has replaced `from_settings` when it accepted the operation. */
export function settingsNotApplied(api: Api): CallResult<never> {
  const error = serviceError('internal', 'the request has no value', api);
  return { kind: 'error', error, sent: false };
}
