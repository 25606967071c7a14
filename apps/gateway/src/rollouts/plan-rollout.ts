import type { ServerUnaryCall } from '@grpc/grpc-js';
import { type GetRolloutPlanRequest, type RolloutPlan, RolloutSpec } from '@wxa/contracts';
import { USED_SHARE } from '@wxa/limits';
import { APIS } from '@wxa/methods';
import { addBegunTargets, assignWaves, type CountedProblem } from '@wxa/rollouts/calls';
import {
  isGray,
  type PlanFacts,
  pipelineOf,
  plan,
  type StoredRollout,
  withDefaults,
} from '@wxa/rollouts/core';
import { targetOf } from '@wxa/rollouts/rows';
import type { Store } from '@wxa/store';
import { visibleTo } from '../callers/caller-of.js';
import type { GatewaySettings } from '../config.js';
import { targetsNotAllowed } from '../rollout-policy/forbidden-targets.js';
import { permissionOf } from './calls-by-state.js';
import { rolloutCaller, visibleRollout } from './rollout-access.js';
import { templateIdsOf } from './start-rollout.js';

/** What a draft would do. Assigns its waves if they are stale. */
export async function planRollout(
  store: Store,
  { id }: GetRolloutPlanRequest,
  call: ServerUnaryCall<unknown, unknown>,
  settings: Pick<GatewaySettings, 'WECHAT_TOKEN_SOURCE'>,
): Promise<RolloutPlan> {
  const caller = rolloutCaller(call.metadata, 'GetRolloutPlan');
  const nobody = { by: { caller: null, onBehalfOf: null, peer: null }, reason: '' };
  const draft = await store.rollouts.change(id, nobody, async (rollout, client) => {
    visibleRollout(rollout, id, caller);
    permissionOf('GetRolloutPlan', rollout);
    const complete = await addBegunTargets(client, rollout);
    if (complete.wavesStale) await assignWaves(client, complete);
    return undefined;
  });
  visibleRollout(draft, id, caller);
  const assigned = visibleRollout(await store.rollouts.find(id), id, caller);
  const NOT_ALLOWED = await targetsNotAllowed(store, assigned, call.metadata);
  const facts = await factsOf(store, assigned, settings);
  const made = plan({ ...facts, counted: { NOT_ALLOWED, ...facts.counted } });
  const sees = (appid: string) => visibleTo(call.metadata, 'Rollouts/GetRolloutPlan')?.has(appid) ?? true;
  return {
    ...made,
    samples: made.samples.filter(({ appid }) => sees(appid)),
    // The offenders are named even so: otherwise nobody could remove them.
    findings: made.findings.map((found) =>
      found.reason === 'NOT_ALLOWED' ? found : { ...found, sampleAppids: found.sampleAppids.filter(sees) },
    ),
  };
}

async function factsOf(
  { rollouts, limits, instances }: Store,
  draft: StoredRollout,
  { WECHAT_TOKEN_SOURCE: source }: Pick<GatewaySettings, 'WECHAT_TOKEN_SOURCE'>,
): Promise<PlanFacts> {
  const { id } = draft;
  const spec = RolloutSpec.fromJSON(draft.spec);
  const isRollback = draft.rollbackOf !== null;
  const waveTargets = (draft.waves ?? []).map(({ targets }) => targets);
  const { userVersion } = spec;
  const problems = problemsOf(spec, isRollback, source === 'component');
  const counted = await rollouts.countProblems({ rolloutId: id, userVersion }, problems);
  const notReady = await rollouts.countNotReady(id, comparedItems(spec, isRollback));
  const templates = await rollouts.listedTemplates();
  const stored = await limits.lastQuota();
  const perApi = defaultRate((await instances.workers()).map(({ ratePerApi }) => ratePerApi));
  const apis = await limits.read(perApi, [...APIS]);
  const rates = new Map(apis.map(({ api, rate }) => [api, rate ?? 0]));
  return {
    id,
    spec,
    isRollback,
    waveTargets,
    counted,
    notReady,
    templateIds: templates === null ? null : templateIdsOf(templates),
    quota: stored?.quota ? { ...stored.quota, submittedSince: stored.submittedSince } : null,
    stops: apis.filter(({ stop }) => stop !== null),
    hasOverlap: await rollouts.hasOverlap(id, spec),
    rateOf: (api) => rates.get(api) ?? 0,
    samples: (await rollouts.sampleTargets(id, waveTargets.length)).map(targetOf),
  };
}

/** What the workers allow an API without a rate of its own, in calls per second; 0: no limit, or no worker runs. */
const defaultRate = (ofWorkers: number[]): number =>
  ofWorkers.includes(0) ? 0 : USED_SHARE * Math.max(0, ...ofWorkers);

/** The steps that apply settings. */
const SETTING_STEPS: readonly string[] = ['COMMIT', 'SETTINGS'];

/** The problems of items that the settings decide; the others are NOT_READY. */
const OF_SETTINGS = ['DOMAIN_NOT_REGISTERED', 'EXT_VALUE_MISSING', 'GUIDE_INCOMPLETE'] as const;
const OTHER_ITEMS = ['ACCOUNT', 'PROFILE', 'CATEGORY', 'FILING', 'PRIVACY_INTERFACES'];

/** The items that READINESS compares and that have no finding of their own. */
function comparedItems(given: RolloutSpec, isRollback: boolean): string[] {
  const spec = withDefaults(given);
  if (!pipelineOf(spec, isRollback).includes('READINESS')) return [];
  const ignored = new Set(spec.readiness?.ignore.map((item) => item.replace('READINESS_ITEM_TYPE_', '')));
  return OTHER_ITEMS.filter((item) => !ignored.has(item));
}

/** The problems that matter to this specification. */
function problemsOf(given: RolloutSpec, isRollback: boolean, knowsAll: boolean): CountedProblem[] {
  const spec = withDefaults(given);
  const pipeline = pipelineOf(spec, isRollback);
  const appliesSettings =
    spec.settings !== undefined && pipeline.some((step) => SETTING_STEPS.includes(step));
  return [
    ...(knowsAll ? (['NOT_AUTHORIZED', 'NO_PERMISSION_SET_18'] as const) : []),
    ...(pipeline.includes('SUBMIT_AUDIT') ? (['OPEN_AUDIT'] as const) : []),
    ...(['OTHER_ROLLOUT', 'CHANGE_IN_DOUBT'] as const),
    ...(pipeline.includes('COMMIT') ? (['VERSION_USED_BEFORE'] as const) : []),
    ...(isGray(spec, isRollback) ? (['FIRST_RELEASE_UNKNOWN'] as const) : []),
    ...(isRollback ? (['GRAY_RELEASE_LEFT'] as const) : []),
    ...(appliesSettings || pipeline.includes('READINESS') ? OF_SETTINGS : []),
  ];
}
