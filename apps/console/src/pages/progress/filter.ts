import { RolloutStep, RolloutTargetFilter, RolloutTargetState } from '@wxa/contracts';

/**
 * The filter of a list of targets, from the parameters of its URL: `state`, `step` (without the prefixes of the enums, both may be
 * repeated), `wave`, `reason`, `errcode`, `title` and `appid`. Values that no filter can have are left out.
 */
export function filterOf(parameters: URLSearchParams): RolloutTargetFilter {
  const text = (name: string) => parameters.get(name)?.trim() ?? '';
  const appid = text('appid');
  return {
    states: parameters.getAll('state').flatMap((name) => stateNamed(name) ?? []),
    steps: parameters.getAll('step').flatMap((name) => stepNamed(name) ?? []),
    wave: wholeNumber(text('wave')),
    reason: text('reason'),
    errcode: wholeNumber(text('errcode')),
    appids: appid === '' ? [] : [appid],
    title: text('title'),
  };
}

/** The parameters of a filter; of the list of exactly a failure group, given its fields. */
export function filterQuery(filter: Partial<RolloutTargetFilter>): URLSearchParams {
  const { states = [], steps = [], wave = 0, reason = '', errcode = 0, appids = [], title = '' } = filter;
  return new URLSearchParams([
    ...states.map((state) => ['state', nameOfState(state)]),
    ...steps.map((step) => ['step', nameOfStep(step)]),
    ...(wave === 0 ? [] : [['wave', String(wave)]]),
    ...(reason === '' ? [] : [['reason', reason]]),
    ...(errcode === 0 ? [] : [['errcode', String(errcode)]]),
    ...(title === '' ? [] : [['title', title]]),
    ...appids.map((appid) => ['appid', appid]),
  ]);
}

/** Whether the filter has a condition. */
export const isFiltered = (filter: RolloutTargetFilter): boolean => filterQuery(filter).size > 0;

const nameOfState = (state: RolloutTargetState): string => state.replace('ROLLOUT_TARGET_STATE_', '');
const nameOfStep = (step: RolloutStep): string => step.replace('ROLLOUT_STEP_', '');

const known = <T extends string>(all: Record<string, T>): T[] =>
  Object.values(all).filter((value) => !/UNSPECIFIED|UNRECOGNIZED/.test(value));
/** All states and steps, for choices. */
export const STATES = known(RolloutTargetState);
export const STEPS = known(RolloutStep);

const stateNamed = (name: string) => STATES.find((state) => nameOfState(state) === name);
/** The step with this name, as in `COMMIT`. */
export const stepNamed = (name: string) => STEPS.find((step) => nameOfStep(step) === name);

function wholeNumber(text: string): number {
  return /^-?\d{1,9}$/.test(text) ? Number(text) : 0;
}
