import {
  type CreateRolloutRequest,
  problem,
  type RolloutsService,
  type RolloutTargetFilter,
} from '@wxa/contracts';
import {
  appid,
  appidField,
  type Check,
  characters,
  each,
  elements,
  field,
  idField,
  known,
  matches,
  number,
  onBehalfOfField,
  optional,
  type Rule,
  type RulesOf,
  reasonField,
  specified,
  violationsBy,
} from '@wxa/methods';
import { MAX_TARGETS } from '@wxa/rollouts/calls';
import { specViolations, withImplied } from '@wxa/rollouts/core';
import { pageFields } from '../operations/page-token.js';
import { maskViolation } from './draft-rollouts.js';
import { changesOf, rolloutsOf, targetsOf } from './list-rollouts.js';

/** At most this many targets in one AddRolloutTargets, and appids in a filter. */
const MAX_ADDED = 5_000;
const MAX_WAVES = 100;

const requestId = optional(matches(/^[\x20-\x7e]{1,64}$/, 'REQUEST_ID_INVALID'));
const command = [idField, onBehalfOfField, reasonField];

const isTrue: Check<boolean> = (value) => (value ? undefined : problem('NOT_TRUE'));
const onlyWithSelection: Check<CreateRolloutRequest> = ({ start, selection, spec }) =>
  start && selection === undefined && spec?.continuous === undefined
    ? problem('START_WITHOUT_SELECTION')
    : undefined;
const appidOf: Rule<string> = field('', (text) => text, appid);
const wave = number(0, MAX_WAVES);

const spec: Rule<CreateRolloutRequest> = ({ spec: given }) => {
  if (given === undefined) return [{ field: 'spec', ...problem('REQUIRED') }];
  return specViolations(withImplied(given)).map((violation) => ({
    ...violation,
    field: `spec.${violation.field}`,
  }));
};

const selection: Rule<CreateRolloutRequest> = ({ selection: given }) => {
  if (given === undefined) return [];
  const { by } = given;
  if (by === undefined) return [{ field: 'selection', ...problem('MEMBER_REQUIRED') }];
  return violationsBy(SELECTIONS[by.$case] as Rule<unknown>[], by.value);
};

const SELECTIONS = {
  appids: [
    field('selection.appids', (r) => r.appids, elements(1, MAX_TARGETS)),
    each('selection.appids', (r) => r.appids, MAX_TARGETS, appidOf),
  ] as Rule<{ appids: string[] }>[],
  labels: [
    field('selection.labels', (r) => r.labels, elements(1, 10)),
    each(
      'selection.labels',
      (r) => r.labels,
      10,
      field('', (text: string) => text, characters(1, 50)),
    ),
  ] as Rule<{ labels: string[] }>[],
  allAuthorized: [field('selection.all_authorized', (value) => value, isTrue)] as Rule<boolean>[],
};

const FILTER: Rule<RolloutTargetFilter>[] = [
  each(
    'filter.states',
    (r) => r.states,
    100,
    field('', (value: string) => value, specified),
  ),
  each(
    'filter.steps',
    (r) => r.steps,
    100,
    field('', (value: string) => value, specified),
  ),
  field('filter.states', (r) => r.states, elements(0, 100)),
  field('filter.steps', (r) => r.steps, elements(0, 100)),
  field('filter.wave', (r) => r.wave, wave),
  field('filter.reason', (r) => r.reason, characters(0, 100)),
  field('filter.appids', (r) => r.appids, elements(0, MAX_ADDED)),
  each('filter.appids', (r) => r.appids, MAX_ADDED, appidOf),
  field('filter.title', (r) => r.title, characters(0, 80)),
];
const filter: Rule<{ filter: RolloutTargetFilter | undefined }> = (r) =>
  r.filter === undefined ? [] : violationsBy(FILTER, r.filter);

const someCondition: Check<RolloutTargetFilter | undefined> = (given) =>
  given !== undefined &&
  (given.states.length > 0 ||
    given.steps.length > 0 ||
    given.appids.length > 0 ||
    given.wave !== 0 ||
    given.errcode !== 0 ||
    given.reason !== '' ||
    given.title !== '' ||
    given.drifted)
    ? undefined
    : problem('CONDITION_REQUIRED');

export const ROLLOUT_RULES: RulesOf<typeof RolloutsService> = {
  createRollout: [
    field('request_id', (r) => r.requestId, requestId),
    spec,
    selection,
    field('selection.except_appids', (r) => r.selection?.exceptAppids ?? [], elements(0, MAX_TARGETS)),
    each('selection.except_appids', (r) => r.selection?.exceptAppids ?? [], MAX_TARGETS, appidOf),
    field('start', (r) => r, onlyWithSelection),
    onBehalfOfField,
    reasonField,
  ],
  updateRollout: [...command, field('update_mask', (r) => r.updateMask, maskViolation)],
  addRolloutTargets: [idField, onBehalfOfField, field('targets', (r) => r.targets, elements(1, MAX_ADDED))],
  getRolloutPlan: [idField],
  startRollout: command,
  getRollout: [idField],
  listRollouts: [
    each(
      'states',
      (r) => r.states,
      100,
      field('', (value: string) => value, specified),
    ),
    field('states', (r) => r.states, elements(0, 100)),
    field('appid', (r) => r.appid, optional(appid)),
    field('caller', (r) => r.caller, characters(0, 40)),
    ...pageFields(rolloutsOf),
  ],
  listRolloutTargets: [idField, filter, ...pageFields(targetsOf)],
  getRolloutTarget: [idField, appidField],
  listRolloutFailures: [idField],
  listRolloutHistory: [idField],
  listRolloutChanges: [idField, ...pageFields(changesOf)],
  pauseRollout: command,
  resumeRollout: command,
  advanceRollout: [...command, field('wave', (r) => r.wave, wave), field('gate', (r) => r.gate, specified)],
  cancelRollout: command,
  closeRollout: command,
  retryRollout: [...command, filter, field('from_step', (r) => r.fromStep, known)],
  skipRolloutTargets: [...command, field('filter', (r) => r.filter, someCondition), filter],
  rollbackRollout: [
    ...command,
    field('request_id', (r) => r.requestId, requestId),
    field('max_in_flight', (r) => r.maxInFlight, number(0, 2000)),
  ],
  watchRollout: [idField],
};
