import { bound, type Pools, repeated } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import { countCallerUsage, readCallerUsage } from './caller-usage.js';
import { listTrail } from './list-trail.js';
import { recordDenied, recordForwards, recordPolicy } from './recorded.js';

export type Callers = ReturnType<typeof callersOn>;

/** The statements of callers and of the audit trail. */
export function callersOn({ calls, lists }: Pools, publisher: Publisher) {
  return {
    ...bound([calls], { count: countCallerUsage }),
    ...bound([repeated(calls)], { usage: readCallerUsage }),
    ...bound([calls, publisher], { recordDenied, recordForwards, recordPolicy }),
    ...bound([lists], { listTrail }),
  };
}
