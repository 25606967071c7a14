import { equal } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  AuthorizerState,
  CreateRolloutRequest,
  type DeepPartial,
  type ListAuthorizersResponse,
  type ListRolloutFailuresResponse,
  type Rollout,
  RolloutGateType,
  RolloutHold_Cause,
  type RolloutSpec,
  RolloutState,
  RolloutStopRule_Cause,
} from '@wxa/contracts';
import { waitUntil } from '../processes/wait.js';
import { follow } from './progress.js';
import type { Stage } from './stage.js';

const [FIRST_WAVE, SECOND_WAVE] = [10, 20];
const AUTHORIZED_MS = 30_000;
const ITEM = {
  ...{ address: 'index', title: '首页', tag: '天气' },
  ...{ firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2 },
};
const APPROVE = { decision: 'approve', delayMs: 300 } as const;
const REASON = '1:小程序内容不符合规则:<br>(1):首页没有内容。<br>';
const { ROLLOUT_STATE_COMPLETED, ROLLOUT_STATE_PAUSED } = RolloutState;

/** Rollouts to 30 mini-programs: one in a single wave, one in two waves that a rejected audit stops, and a rollback. */
export async function playFleet(stage: Stage): Promise<void> {
  const all = await authorizeAll(stage);
  await stage.sim.patchPlatform({ auditRules: [APPROVE] });
  const first = await create(stage, all, 'V2.0', {});
  await until(stage, 'start it', first, () => call(stage, 'startRollout', first), hasEnded);
  const [rejected = ''] = all;
  await stage.sim.patchPlatform({
    auditRules: [{ decision: 'reject', appid: rejected, reason: REASON }, APPROVE],
  });
  const second = await create(stage, all, 'V2.1', {
    waves: [
      { size: { $case: 'count', value: FIRST_WAVE } },
      { size: { $case: 'rest', value: true }, submitGate: { manual: true } },
    ],
    stopRules: [{ cause: RolloutStopRule_Cause.CAUSE_AUDIT_REJECTED, count: 1 }],
  });
  await until(
    stage,
    'start it: a rejected audit stops it',
    second,
    () => call(stage, 'startRollout', second),
    isPaused,
  );
  await showFailures(stage, second);
  await stage.sim.patchPlatform({ auditRules: [APPROVE] });
  await until(stage, 'retry the audit and resume', second, () => retry(stage, second), isAtGate);
  await until(stage, 'open the gate of the second wave', second, () => advance(stage, second), hasEnded);
  const back = await rollBack(stage, second, all.slice(0, FIRST_WAVE));
  await until(stage, 'start the rollback', back, () => call(stage, 'startRollout', back), hasEnded);
}

async function authorizeAll(stage: Stage): Promise<string[]> {
  const count = FIRST_WAVE + SECOND_WAVE;
  const appids = Array.from({ length: count }, () => `wx${randomBytes(8).toString('hex')}`).sort();
  const isDone = async () => {
    const request = {
      state: AuthorizerState.AUTHORIZER_STATE_AUTHORIZED,
      pageSize: 500,
      pageToken: '',
      labels: [],
    };
    const listed = await stage.client.call<ListAuthorizersResponse>(
      'Authorizers',
      'listAuthorizers',
      request,
    );
    const known = new Set(listed.authorizers.map(({ appid }) => appid));
    equal(appids.filter((appid) => known.has(appid)).length, count);
  };
  const work = async () => {
    for (const appid of appids) await stage.sim.authorize(appid);
    await waitUntil(isDone, { name: 'The authorizations', timeoutMs: AUTHORIZED_MS });
  };
  await stage.step('WeChat', `${count} more customers authorize the platform`, work, () => ['AUTHORIZED']);
  return appids;
}

function create(
  stage: Stage,
  appids: string[],
  version: string,
  given: DeepPartial<RolloutSpec>,
): Promise<Rollout> {
  const request = CreateRolloutRequest.fromPartial({
    spec: {
      ...{ name: version, templateId: 0n, userVersion: version },
      audit: { itemsFrom: { $case: 'fixed', value: { items: [ITEM] } } },
      ...given,
    },
    selection: { by: { $case: 'appids', value: { appids } } },
  });
  const work = () => stage.client.call<Rollout>('Rollouts', 'createRollout', request);
  const waves = given.waves === undefined ? '' : `, in waves of ${FIRST_WAVE} and ${SECOND_WAVE}`;
  const describe = ({ targets, id }: Rollout) => [`DRAFT with ${targets} targets`, id];
  return stage.step('CreateRollout', `${version} to ${appids.length} mini-programs${waves}`, work, describe);
}

function call(stage: Stage, rpc: string, { id }: Pick<Rollout, 'id'>, more: object = {}): Promise<Rollout> {
  return stage.client.call<Rollout>('Rollouts', rpc, { id, onBehalfOf: '', reason: 'demo', ...more });
}

async function retry(stage: Stage, rollout: Rollout): Promise<void> {
  await call(stage, 'retryRollout', rollout, { filter: undefined, fromStep: 'ROLLOUT_STEP_UNSPECIFIED' });
  await call(stage, 'resumeRollout', rollout);
}

function advance(stage: Stage, rollout: Rollout): Promise<Rollout> {
  const gate = RolloutGateType.ROLLOUT_GATE_TYPE_SUBMIT;
  return call(stage, 'advanceRollout', rollout, { wave: 2, gate });
}

/** Runs `command` and follows the rollout until `isReached`. */
function until(
  stage: Stage,
  what: string,
  { id }: Rollout,
  command: () => Promise<unknown>,
  isReached: (rollout: Rollout) => boolean,
): Promise<Rollout> {
  const work = async () => {
    await command();
    return follow(stage.client, id, isReached);
  };
  const describe = (rollout: Rollout) => {
    const state = rollout.state.replace('ROLLOUT_STATE_', '');
    return rollout.pauseDetail === '' ? [state] : [state, rollout.pauseDetail];
  };
  return stage.step('WatchRollout', what, work, describe);
}

const hasEnded = ({ state }: Rollout) => state === ROLLOUT_STATE_COMPLETED;
const isPaused = ({ state }: Rollout) => state === ROLLOUT_STATE_PAUSED;
/** Only the gate of the second wave holds it, and the first wave has ended. */
const isAtGate = ({ holds, waves }: Rollout) =>
  holds.some(({ cause }) => cause === RolloutHold_Cause.CAUSE_GATE) && waves[0]?.endTime !== undefined;

async function showFailures(stage: Stage, { id }: Rollout): Promise<void> {
  const work = () =>
    stage.client.call<ListRolloutFailuresResponse>('Rollouts', 'listRolloutFailures', { id });
  await stage.step('ListRolloutFailures', '', work, ({ failures }) =>
    failures.map(({ count, reason, title }) => `${count} × ${reason}: ${title}`),
  );
}

/** A draft of the rollback, without the mini-programs of the first wave. */
function rollBack(stage: Stage, rollout: Rollout, kept: string[]): Promise<Rollout> {
  const work = async () => {
    const back = await call(stage, 'rollbackRollout', rollout, {
      ...{ requestId: '', options: undefined, maxInFlight: 0, draft: true },
    });
    const filter = { states: [], steps: [], wave: 0, reason: '', errcode: 0, appids: kept, title: '' };
    return call(stage, 'skipRolloutTargets', back, { filter });
  };
  const describe = ({ targets }: Rollout) => [`DRAFT with ${targets} targets`];
  return stage.step('RollbackRollout', 'of V2.1, the second wave only', work, describe);
}
