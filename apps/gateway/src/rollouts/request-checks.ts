import {
  type AddRolloutTargetsRequest,
  type AdvanceRolloutRequest,
  type CreateRolloutRequest,
  type ListRolloutChangesRequest,
  type ListRolloutsRequest,
  type ListRolloutTargetsRequest,
  problem,
  type RetryRolloutRequest,
  type RollbackRolloutRequest,
  type RolloutTargetFilter,
  type SkipRolloutTargetsRequest,
  type UpdateRolloutRequest,
} from '@wxa/contracts';
import {
  appid,
  type Check,
  characters,
  each,
  elements,
  field,
  isUuid,
  known,
  manyLines,
  matches,
  noFormat,
  number,
  oneLine,
  optional,
  type Rule,
  required,
  specified,
  violationsBy,
} from '@wxa/methods';
import { MAX_TARGETS } from '@wxa/rollouts/calls';
import { specViolations } from '@wxa/rollouts/core';
import { invalidRequest } from '../errors/rpc-error.js';
import { pageOf } from '../operations/page-token.js';
import { maskViolation } from './draft-rollouts.js';
import { changesOf, rolloutsOf, targetsOf } from './list-rollouts.js';
import { unknownRollout } from './rollout-access.js';

type Identified = { id: string };
type Acting = { onBehalfOf: string; reason: string };

/** At most this many targets in one AddRolloutTargets, and appids in a filter. */
const MAX_ADDED = 5_000;
const MAX_WAVES = 100;

const requestId = optional(matches(/^[\x20-\x7e]{1,64}$/, 'REQUEST_ID_INVALID'));
const id: Rule<Identified> = field('id', (r) => r.id, required);
const onBehalfOf: Rule<{ onBehalfOf: string }> = field(
  'on_behalf_of',
  (r) => r.onBehalfOf,
  characters(0, 200),
  oneLine,
  noFormat,
);
const acting: Rule<Acting>[] = [
  onBehalfOf,
  field('reason', (r) => r.reason, characters(0, 2000), manyLines, noFormat),
];
const command: Rule<Identified & Acting>[] = [id, ...acting];
const page = field('page_size', (r: { pageSize: number }) => r.pageSize, number(0, 500));

const isTrue: Check<boolean> = (value) => (value ? undefined : problem('NOT_TRUE'));
const onlyWithSelection: Check<CreateRolloutRequest> = ({ start, selection }) =>
  start && selection === undefined ? problem('START_WITHOUT_SELECTION') : undefined;
const appidOf: Rule<string> = field('', (text) => text, appid);
const wave = number(0, MAX_WAVES);

const spec: Rule<CreateRolloutRequest> = ({ spec: given }) => {
  if (given === undefined) return [{ field: 'spec', ...problem('REQUIRED') }];
  return specViolations(given).map((violation) => ({ ...violation, field: `spec.${violation.field}` }));
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
    given.title !== '')
    ? undefined
    : problem('CONDITION_REQUIRED');

const LIMITS = {
  CreateRollout: [
    field('request_id', (r) => r.requestId, requestId),
    spec,
    selection,
    field('selection.except_appids', (r) => r.selection?.exceptAppids ?? [], elements(0, MAX_TARGETS)),
    each('selection.except_appids', (r) => r.selection?.exceptAppids ?? [], MAX_TARGETS, appidOf),
    field('start', (r) => r, onlyWithSelection),
    ...acting,
  ] as Rule<CreateRolloutRequest>[],
  UpdateRollout: [
    ...command,
    field('update_mask', (r) => r.updateMask, maskViolation),
  ] as Rule<UpdateRolloutRequest>[],
  AddRolloutTargets: [
    id,
    onBehalfOf,
    field('targets', (r) => r.targets, elements(1, MAX_ADDED)),
  ] as Rule<AddRolloutTargetsRequest>[],
  GetRolloutPlan: [id],
  StartRollout: command,
  GetRollout: [id],
  ListRollouts: [
    each(
      'states',
      (r) => r.states,
      100,
      field('', (value: string) => value, specified),
    ),
    field('states', (r) => r.states, elements(0, 100)),
    field('appid', (r) => r.appid, optional(appid)),
    field('caller', (r) => r.caller, characters(0, 40)),
    page,
    field('page_token', (r) => r, pageOf(rolloutsOf)),
  ] as Rule<ListRolloutsRequest>[],
  ListRolloutTargets: [
    id,
    filter,
    page,
    field('page_token', (r) => r, pageOf(targetsOf)),
  ] as Rule<ListRolloutTargetsRequest>[],
  GetRolloutTarget: [id, field('appid', (r) => r.appid, appid)] as Rule<{ id: string; appid: string }>[],
  ListRolloutFailures: [id],
  ListRolloutChanges: [
    id,
    page,
    field('page_token', (r) => r, pageOf(changesOf)),
  ] as Rule<ListRolloutChangesRequest>[],
  PauseRollout: command,
  ResumeRollout: command,
  AdvanceRollout: [
    ...command,
    field('wave', (r) => r.wave, wave),
    field('gate', (r) => r.gate, specified),
  ] as Rule<AdvanceRolloutRequest>[],
  CancelRollout: command,
  RetryRollout: [
    ...command,
    filter,
    field('from_step', (r) => r.fromStep, known),
  ] as Rule<RetryRolloutRequest>[],
  SkipRolloutTargets: [
    ...command,
    field('filter', (r) => r.filter, someCondition),
    filter,
  ] as Rule<SkipRolloutTargetsRequest>[],
  RollbackRollout: [
    ...command,
    field('request_id', (r) => r.requestId, requestId),
    field('max_in_flight', (r) => r.maxInFlight, number(0, 2000)),
  ] as Rule<RollbackRolloutRequest>[],
  WatchRollout: [id],
};

/** Throws an RpcError that lists all violations of a request of Rollouts. An id that is not a UUID is unknown. */
export function refuseInvalid<R extends keyof typeof LIMITS>(
  rpc: R,
  request: Parameters<(typeof LIMITS)[R][number]>[0],
): void {
  const rules: readonly Rule<typeof request>[] = LIMITS[rpc] as Rule<typeof request>[];
  const violations = violationsBy(rules, request);
  if (violations.length > 0) throw invalidRequest(violations);
  if ('id' in request && !isUuid(request.id)) throw unknownRollout(request.id);
}
