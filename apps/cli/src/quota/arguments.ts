import { METHODS, type Method } from '@wxa/contracts';
import { EVERY_API } from '@wxa/limits';
import { ROOMS } from '@wxa/methods';
import { timeOf } from '../calls/units.js';
import { UsageError } from '../exit-codes.js';

/** The APIs of a command line. Throws UsageError unless it has one of the two. */
export function apisOf(api: string | undefined, allChanges = false): string[] {
  if ((api === undefined) === !allChanges) throw new UsageError('give one of API and --all-changes');
  return api === undefined ? apisOfChanges() : [api];
}

/** The APIs whose method is a change. */
export function apisOfChanges(): string[] {
  const methods = (Object.keys(METHODS) as Method[]).filter((method) => METHODS[method].kind === 'change');
  return methods.map((method) => ROOMS[method].api).toSorted();
}

/** An API of WeChat. Throws UsageError if it is unknown. */
export function known(api: string): string {
  const apis: string[] = Object.values(ROOMS).map((room) => room.api);
  if (!apis.includes(api))
    throw new UsageError(`unknown API: ${api}; the APIs are ${apis.toSorted().join(', ')}`);
  return api;
}

/** When a stop ends. Throws UsageError. */
export function endOf(text: string, now = new Date()): Date {
  const time = timeOf(text, '--until');
  if (time <= now) throw new UsageError(`--until is not in the future: ${text}`);
  return time;
}

/** A rate and its API, or that of all others. Throws UsageError. */
export function rateOf(api: string, text: string): { api: string; perSecond: number | null } {
  const perSecond = text === 'default' ? null : Number(text);
  if (perSecond !== null && !(/^\d+(\.\d+)?$/.test(text) && Number.isFinite(perSecond)))
    throw new UsageError(`N must be a number of calls per second, 0 or more: ${text}`);
  return { api: api === EVERY_API ? api : known(api), perSecond };
}
