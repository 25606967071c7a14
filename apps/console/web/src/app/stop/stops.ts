import type { Response } from '../../api/types.js';

type Status = Pick<Response<'Platform/GetPlatformStatus'>, 'apis'>;
type Stop = NonNullable<Status['apis'][number]['stop']>;

/** What an operator stopped at once: its APIs end together, for one reason. */
export interface OperatorStop {
  scope: NonNullable<Stop['scope']>;
  apis: string[];
  endTime: string | undefined;
  reason: string;
  /** The person, or the caller if it stated none. */
  by: string;
}

/** The stops by operators, the largest first; APIs of which only a quota is exhausted are no such stop. */
export function operatorStops({ apis }: Status): OperatorStop[] {
  const stops = new Map<string, OperatorStop>();
  for (const { api, stop } of apis) {
    // Every operator has a reason; without a policy the caller has no name.
    if (stop === undefined || stop.reason === '') continue;
    const { scope, reason, stoppedBy, onBehalfOf } = stop;
    const by = onBehalfOf || stoppedBy;
    const key = JSON.stringify([scope, reason, by]);
    const known = stops.get(key) ?? { scope, apis: [], endTime: stop.endTime, reason, by };
    // An exhausted quota may make one of them end later.
    const isEarlier =
      known.endTime === undefined || (stop.endTime !== undefined && stop.endTime < known.endTime);
    stops.set(key, { ...known, apis: [...known.apis, api], ...(isEarlier && { endTime: stop.endTime }) });
  }
  return [...stops.values()].sort((one, other) => other.apis.length - one.apis.length);
}
