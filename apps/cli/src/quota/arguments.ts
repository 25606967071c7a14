import { EVERY_API, LISTED_CHANGES } from '@wxa/limits';
import { APIS, apisIn, type StopScope } from '@wxa/methods';
import { isListable } from '@wxa/policy';
import { timeOf } from '../calls/units.js';
import { UsageError } from '../exit-codes.js';

/** Flags that stand for many APIs. */
export interface ScopeFlags {
  allChanges?: boolean;
  forwardChanges?: boolean;
}

/** The APIs of a command line, and what they are together; null for one API. Throws UsageError unless it has one of the three. */
export function apisOf(
  api: string | undefined,
  { allChanges = false, forwardChanges = false }: ScopeFlags = {},
): { apis: string[]; scope: StopScope | null } {
  if ([api !== undefined, allChanges, forwardChanges].filter(Boolean).length !== 1)
    throw new UsageError('give one of API, --forward-changes and --all-changes');
  if (api !== undefined) return { apis: [api], scope: null };
  const scope = allChanges ? 'ALL_CHANGES' : 'FORWARD_CHANGES';
  return { apis: apisIn(scope), scope };
}

/** What can be stopped: an API, or LISTED_CHANGES. Throws UsageError if it is unknown. */
export function stoppable(api: string, isOfCalls = false): string {
  return api === LISTED_CHANGES ? api : knownApi(api, isOfCalls);
}

/** An API of WeChat. Throws UsageError if it is unknown. @param isOfCalls its path is that of a listed call, which only the policy knows. */
export function knownApi(api: string, isOfCalls = false): string {
  const isKnown = isOfCalls ? isListable(api) : APIS.some((known) => known === api);
  if (isKnown) return api;
  throw new UsageError(`unknown API: ${api}; the APIs are ${APIS.join(', ')}, and with --listed others`);
}

/** When a stop ends. Throws UsageError. */
export function endOf(text: string, now = new Date()): Date {
  const time = timeOf(text, '--until');
  if (time <= now) throw new UsageError(`--until is not in the future: ${text}`);
  return time;
}

/** A rate and its API, or that of all others. Throws UsageError. */
export function rateOf(
  api: string,
  text: string,
  isOfCalls = false,
): { api: string; perSecond: number | null } {
  const perSecond = text === 'default' ? null : Number(text);
  if (perSecond !== null && !(/^\d+(\.\d+)?$/.test(text) && Number.isFinite(perSecond)))
    throw new UsageError(`N must be a number of calls per second, 0 or more: ${text}`);
  return { api: api === EVERY_API ? api : knownApi(api, isOfCalls), perSecond };
}
