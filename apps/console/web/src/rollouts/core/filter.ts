import { type Filter, type Step, short, type TargetState } from '../types.js';

/** All states and steps, without their prefixes. */
export const STATES = [
  ...['PENDING', 'RUNNING', 'WAITING', 'IN_DOUBT', 'SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'],
];
export const STEPS = [
  ...['READINESS', 'COMMIT', 'SETTINGS', 'CHECK', 'SUBMIT_AUDIT', 'AUDIT', 'RELEASE', 'VERIFY'],
  'ROLL_BACK',
];

/**
 * The filter of a list of targets, from the parameters of its address: `state`, `step` (without the prefixes of the enums, both may be
 * repeated), `wave`, `reason`, `errcode`, `title` and `appid`. Values that no filter can have are left out.
 */
export function filterOf(parameters: URLSearchParams): Filter {
  const text = (name: string) => parameters.get(name)?.trim() ?? '';
  const number = (name: string) => (/^-?\d{1,9}$/.test(text(name)) ? Number(text(name)) : 0);
  const all = (name: string, known: readonly string[], prefix: string) =>
    parameters.getAll(name).flatMap((value) => (known.includes(value) ? [`${prefix}${value}`] : []));
  const filter = {
    states: all('state', STATES, 'ROLLOUT_TARGET_STATE_') as TargetState[],
    steps: all('step', STEPS, 'ROLLOUT_STEP_') as Step[],
    ...{ wave: number('wave'), errcode: number('errcode'), reason: text('reason'), title: text('title') },
    appids: text('appid') === '' ? [] : [text('appid')],
  };
  const isSet = (value: string | number | readonly string[]) =>
    typeof value === 'object' ? value.length > 0 : Boolean(value);
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => isSet(value)));
}

/** The parameters of a filter. */
export function queryOf({ states = [], steps = [], appids = [], ...texts }: Filter): URLSearchParams {
  return new URLSearchParams([
    ...states.map((state) => ['state', short(state)]),
    ...steps.map((step) => ['step', short(step)]),
    ...Object.entries(texts).flatMap(([name, value]) => (value ? [[name, String(value)]] : [])),
    ...appids.map((appid) => ['appid', appid]),
  ]);
}

/** Whether the filter has a condition. */
export const isFiltered = (filter: Filter): boolean => queryOf(filter).size > 0;
