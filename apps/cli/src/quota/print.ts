import { type ApiLimit, type ApiStop, EVERY_API } from '@wxa/limits';
import { singleLine } from '../output/printable.js';

/** The stopped APIs and the rates that operators have set, one line each. */
export function limitsText(limits: ApiLimit[]): string {
  const stops = limits.flatMap(({ api, stop }) => (stop === null ? [] : [stopLine(api, stop)]));
  const rates = limits.flatMap(({ api, setRate }) => (setRate === null ? [] : [rateLine(api, setRate)]));
  return [...(stops.length === 0 ? ['no API is stopped'] : stops), ...rates].join('\n');
}

function stopLine(api: string, { until, quota, operator }: ApiStop): string {
  const causes = [
    ...(operator === null ? [] : [`${operator.by}: ${operator.reason}`]),
    ...(quota === null ? [] : [`${quota.errcode} ${quota.errmsg}`]),
  ];
  return `${api} stopped until ${until.toISOString()}: ${singleLine(causes.join('; '))}`;
}

/** A rate as an operator has set it. */
export function rateLine(api: string, perSecond: number | null): string {
  const apis = api === EVERY_API ? 'every other API' : api;
  return `${apis}: ${rateText(perSecond)}`;
}

/** A rate in words; null: none was set. */
export function rateText(perSecond: number | null): string {
  if (perSecond === null) return 'the default rate';
  return perSecond === 0 ? 'no limit' : `${perSecond} calls per second`;
}
