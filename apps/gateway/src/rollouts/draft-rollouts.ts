import { setImmediate } from 'node:timers/promises';
import type { ServerUnaryCall } from '@grpc/grpc-js';
import {
  type AddRolloutTargetsRequest,
  AuditItem,
  type NewRolloutTarget,
  type Problem,
  problem,
  type Rollout,
  RolloutContinuous,
  RolloutSpec,
  type UpdateRolloutRequest,
} from '@wxa/contracts';
import type { Violation } from '@wxa/methods';
import {
  addTargets,
  type ClientBase,
  highestWave,
  MAX_TARGETS,
  moveToStep,
  patchBytes,
  type RolloutEdit,
} from '@wxa/rollouts/calls';
import {
  firstStepOf,
  type StoredRollout,
  specViolations,
  targetViolations,
  withImplied,
} from '@wxa/rollouts/core';
import type { Store } from '@wxa/store';
import { invalidField, invalidRequest } from '../errors/rpc-error.js';
import { permissionOf, stateError } from './calls-by-state.js';
import { change } from './commands.js';
import { tooManyTargets } from './create-rollout.js';
import { refuseLargeDrafts } from './start-rollout.js';

type Call = ServerUnaryCall<unknown, unknown>;

/** Adds targets to a draft; ones that it has already get the new overrides. */
export function addRolloutTargets(
  store: Store,
  request: AddRolloutTargetsRequest,
  call: Call,
): Promise<Rollout> {
  const { targets } = request;
  return change(store, 'AddRolloutTargets', request, call, async (draft, client) => {
    const spec = RolloutSpec.fromJSON(draft.spec);
    await refuseInvalidTargets(targets, spec);
    const step = firstStepOf(spec, draft.rollbackOf !== null);
    const added = await addTargets(client, draft.id, step, targets.map(toNewTarget));
    if (draft.targets + added > MAX_TARGETS) throw tooManyTargets();
    if (targets.some(({ extPatchJson }) => extPatchJson !== '')) await refuseLargePatches(draft.id, client);
    await refuseLargeDrafts(client, call.metadata, { added });
    return {
      action: 'rollout.targets_added',
      set: { targets: draft.targets + added, wavesStale: true },
      entries: [{ type: 'UPDATED' }],
      detail: { targets: targets.length },
    };
  });
}

/** Four thousand of the largest patches. */
const MAX_PATCH_BYTES = 256 * 1024 * 1024;

async function refuseLargePatches(draftId: string, client: ClientBase): Promise<void> {
  const actual = await patchBytes(client, draftId);
  if (actual > MAX_PATCH_BYTES)
    throw invalidField('targets.ext_patch_json', 'PATCHES_TOO_LARGE', { max: MAX_PATCH_BYTES, actual });
}

function toNewTarget({ appid, extPatchJson, items, wave }: NewRolloutTarget) {
  const own = items.length === 0 ? null : JSON.stringify(items.map((item) => AuditItem.toJSON(item)));
  return { appid, extPatch: extPatchJson || null, items: own, wave };
}

const MAX_VIOLATIONS = 100;
/** Validations between two turns of the event loop: each may parse 64 KiB of JSON. */
const PER_TURN = 20;

async function refuseInvalidTargets(targets: readonly NewRolloutTarget[], spec: RolloutSpec): Promise<void> {
  const violations: Violation[] = [];
  const seen = new Set<string>();
  for (const [i, target] of targets.entries()) {
    if (i % PER_TURN === 0) await setImmediate();
    const found = targetViolations(target, spec);
    if (seen.has(target.appid)) found.push({ field: 'appid', ...problem('TARGET_REPEATED') });
    seen.add(target.appid);
    violations.push(...found.map((v) => ({ ...v, field: `targets[${i}].${v.field}` })));
    if (violations.length >= MAX_VIOLATIONS) break;
  }
  if (violations.length > 0) throw invalidRequest(violations.slice(0, MAX_VIOLATIONS));
}

/** The fields of RolloutSpec by their names in proto, and by those that a mask has in JSON. */
const FIELDS: ReadonlyMap<string, keyof RolloutSpec> = new Map(
  (Object.keys(RolloutSpec.create()) as (keyof RolloutSpec)[]).flatMap((name) => [
    [protoName(name), name],
    [name, name],
  ]),
);

function protoName(name: string): string {
  return name.replace(/[A-Z]/g, (upper) => `_${upper.toLowerCase()}`);
}

/** The fields that can be changed after the start. */
const LIMITS: readonly (keyof RolloutSpec)[] = ['maxInFlight', 'auditBudget', 'stopRules'];

/** The fields of `continuous` that can be changed alone, and after the start, by the paths of a mask. */
const OF_CONTINUOUS: ReadonlyMap<string, 'maxSubmissionsPerDay' | 'endTime'> = new Map([
  ['continuous.max_submissions_per_day', 'maxSubmissionsPerDay'],
  ['continuous.maxSubmissionsPerDay', 'maxSubmissionsPerDay'],
  ['continuous.end_time', 'endTime'],
  ['continuous.endTime', 'endTime'],
]);

/** Changes the fields of the specification that the mask names. */
export async function updateRollout(
  store: Store,
  request: UpdateRolloutRequest,
  call: Call,
): Promise<Rollout> {
  const { updateMask = [] } = request;
  const given = request.spec ?? RolloutSpec.create();
  const fields = updateMask.flatMap((path) => FIELDS.get(path) ?? []);
  const ofContinuous = updateMask.flatMap((path) => OF_CONTINUOUS.get(path) ?? []);
  return change(store, 'UpdateRollout', request, call, async (rollout, client) => {
    const fixed = fields.find((name) => !LIMITS.includes(name));
    if (permissionOf('UpdateRollout', rollout) === 'limits' && fixed !== undefined)
      throw stateError(rollout, `${protoName(fixed)} cannot be changed`, protoName(fixed));
    const before = RolloutSpec.fromJSON(rollout.spec);
    const spec = withImplied(merged(before, given, fields));
    if (ofContinuous.length > 0) {
      if (spec.continuous === undefined) throw stateError(rollout, 'it has no `continuous`', 'continuous');
      const changed = ofContinuous.map((name) => [name, given.continuous?.[name]]);
      spec.continuous = RolloutContinuous.fromPartial({ ...spec.continuous, ...Object.fromEntries(changed) });
    }
    const violations = specViolations(spec, rollout.rollbackOf !== null);
    if (violations.length > 0)
      throw invalidRequest(violations.map((v) => ({ ...v, field: `spec.${v.field}` })));
    const set = { spec: RolloutSpec.toJSON(spec) };
    const changedFields = [...fields, ...ofContinuous.map((name) => `continuous.${name}`)];
    const isDraft = rollout.state === 'DRAFT';
    const isStale = isDraft && (await adaptTargets(rollout, { before, spec, fields }, client));
    const edit: RolloutEdit = {
      action: 'rollout.updated',
      set: isStale ? { ...set, wavesStale: true } : set,
      entries: [{ type: 'UPDATED', args: { fields: changedFields } }],
      detail: { fields: changedFields },
    };
    return edit;
  });
}

function merged(spec: RolloutSpec, given: RolloutSpec, fields: readonly (keyof RolloutSpec)[]): RolloutSpec {
  return { ...spec, ...Object.fromEntries(fields.map((name) => [name, given[name]])) };
}

/** The violation of a mask that names no field, or one that RolloutSpec does not have. */
export function maskViolation(paths: readonly string[] | undefined): Problem | undefined {
  if (paths === undefined || paths.length === 0) return problem('MASK_REQUIRED');
  const unknown = paths.find((path) => !FIELDS.has(path) && !OF_CONTINUOUS.has(path));
  if (unknown === undefined) return undefined;
  return problem('MASK_FIELD_UNKNOWN', { path: JSON.stringify(unknown.slice(0, 40)) });
}

/**
 * Keeps steps and waves of a draft's targets consistent with its new specification, or refuses the change. Returns whether its waves
 * and counts have to be written again.
 */
async function adaptTargets(
  draft: StoredRollout,
  {
    before,
    spec,
    fields,
  }: { before: RolloutSpec; spec: RolloutSpec; fields: readonly (keyof RolloutSpec)[] },
  client: ClientBase,
): Promise<boolean> {
  const isRollback = draft.rollbackOf !== null;
  const step = firstStepOf(spec, isRollback);
  const isMoved = step !== firstStepOf(before, isRollback);
  if (isMoved) await moveToStep(client, draft.id, step);
  if (!fields.includes('waves')) return isMoved;
  const highest = await highestWave(client, draft.id);
  if (highest <= Math.max(1, spec.waves.length)) return true;
  throw invalidField('spec.waves', 'WAVE_IN_USE', { min: highest });
}
