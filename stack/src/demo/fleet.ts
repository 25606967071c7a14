import { ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  AuthorizerState,
  type DeepPartial,
  type Rollout,
  type RolloutCount,
  RolloutGateType,
  RolloutHold_Cause,
  type RolloutSpec,
  RolloutState,
  RolloutStopRule_Cause,
} from '@wxa/contracts';
import { waitUntil } from '../processes/wait.js';
import { say } from './print.js';
import type { Stage } from './stage.js';

const [FIRST_WAVE, SECOND_WAVE] = [10, 20];
const AUTHORIZED_MS = 30_000;
const ITEM = {
  ...{ address: 'index', title: '首页', tag: '天气' },
  ...{ firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2 },
};
const APPROVE = { decision: 'approve', delayMs: 300 } as const;
const REASON = '1:小程序内容不符合规则:<br>(1):首页没有内容。<br>';
const reason = 'demo';
const { ROLLOUT_STATE_COMPLETED, ROLLOUT_STATE_PAUSED } = RolloutState;

/** Rollouts to 30 mini-programs: one in a single wave, one in two waves that a rejected audit stops, and a rollback. */
export async function playFleet(stage: Stage): Promise<void> {
  const { rollouts } = stage.gateway;
  const all = await authorizeAll(stage);
  await stage.sim.patchPlatform({ auditRules: [APPROVE] });
  const { id: first } = await create(stage, all, 'V2.0');
  const start = (id: string) => rollouts.startRollout({ id, reason });
  await until(stage, 'start it', first, () => start(first), hasEnded);
  const [appid = ''] = all;
  await stage.sim.patchPlatform({ auditRules: [{ decision: 'reject', appid, reason: REASON }, APPROVE] });
  const { id } = await create(stage, all, 'V2.1', {
    waves: [
      { size: { $case: 'count', value: FIRST_WAVE } },
      { size: { $case: 'rest', value: true }, submitGate: { manual: true } },
    ],
    stopRules: [{ cause: RolloutStopRule_Cause.CAUSE_AUDIT_REJECTED, count: 1 }],
  });
  await until(stage, 'start it: a rejected audit stops it', id, () => start(id), isPaused);
  await stage.step(
    'ListRolloutFailures',
    '',
    () => rollouts.listRolloutFailures({ id }),
    ({ failures }) => failures.map(({ count, reason, title }) => `${count} × ${reason}: ${title}`),
  );
  await stage.sim.patchPlatform({ auditRules: [APPROVE] });
  const retry = async () => {
    await rollouts.retryRollout({ id, reason });
    await rollouts.resumeRollout({ id, reason });
  };
  await until(stage, 'retry the audit and resume', id, retry, isAtGate);
  const gate = RolloutGateType.ROLLOUT_GATE_TYPE_SUBMIT;
  const advance = () => rollouts.advanceRollout({ id, wave: 2, gate, reason });
  await until(stage, 'open the gate of the second wave', id, advance, hasEnded);
  const { id: back } = await rollBack(stage, id, all.slice(0, FIRST_WAVE));
  await until(stage, 'start the rollback', back, () => start(back), hasEnded);
}

async function authorizeAll({ gateway, sim, step }: Stage): Promise<string[]> {
  const count = FIRST_WAVE + SECOND_WAVE;
  const appids = Array.from({ length: count }, () => `wx${randomBytes(8).toString('hex')}`).sort();
  const state = AuthorizerState.AUTHORIZER_STATE_AUTHORIZED;
  const areAuthorized = async () => {
    const { authorizers } = await gateway.authorizers.listAuthorizers({ state, pageSize: 500 });
    const known = authorizers.map(({ appid }) => appid);
    ok(appids.every((appid) => known.includes(appid)));
  };
  const work = async () => {
    for (const appid of appids) await sim.authorize(appid);
    await waitUntil(areAuthorized, { name: 'The authorizations', timeoutMs: AUTHORIZED_MS });
  };
  await step('WeChat', `${count} more customers authorize the platform`, work, () => ['AUTHORIZED']);
  return appids;
}

function create(
  { gateway, step }: Stage,
  appids: string[],
  version: string,
  given?: DeepPartial<RolloutSpec>,
) {
  const audit = { itemsFrom: { $case: 'fixed' as const, value: { items: [ITEM] } } };
  const spec = { name: version, templateId: 0n, userVersion: version, audit, ...given };
  const selection = { by: { $case: 'appids' as const, value: { appids } } };
  const work = () => gateway.rollouts.createRollout({ spec, selection });
  const waves = given === undefined ? '' : `, in waves of ${FIRST_WAVE} and ${SECOND_WAVE}`;
  const describe = ({ targets, id }: Rollout) => [`DRAFT with ${targets} targets`, id];
  return step('CreateRollout', `${version} to ${appids.length} mini-programs${waves}`, work, describe);
}

/** Runs `command` and prints each version of the rollout that differs in its counts, until `isReached`. */
function until(
  { gateway, step }: Stage,
  what: string,
  id: string,
  command: () => Promise<unknown>,
  isReached: (rollout: Rollout) => boolean,
): Promise<Rollout> {
  const work = async () => {
    await command();
    const stream = gateway.watchRollout(id);
    let last = '';
    try {
      for await (const { rollout } of stream) {
        const line = rollout.counts.map(shown).join(' · ');
        if (line !== last) say(line, undefined, 5);
        last = line;
        if (isReached(rollout)) return rollout;
      }
    } finally {
      stream.cancel();
    }
    throw new Error('the stream of the rollout ended too early');
  };
  return step('WatchRollout', what, work, ({ state, pauseDetail }) =>
    [state.replace('ROLLOUT_STATE_', ''), pauseDetail].filter(Boolean),
  );
}

/** As in `12 AUDIT waiting`. */
function shown({ step, state, count }: RolloutCount): string {
  return `${count} ${step.replace('ROLLOUT_STEP_', '')} ${state.replace('ROLLOUT_TARGET_STATE_', '').toLowerCase()}`;
}

const hasEnded = ({ state }: Rollout) => state === ROLLOUT_STATE_COMPLETED;
const isPaused = ({ state }: Rollout) => state === ROLLOUT_STATE_PAUSED;
/** Only the gate of the second wave holds it, and the first wave has ended. */
const isAtGate = ({ holds, waves }: Rollout) =>
  holds.some(({ cause }) => cause === RolloutHold_Cause.CAUSE_GATE) && waves[0]?.endTime !== undefined;

/** A draft of the rollback, without the mini-programs of the first wave. */
function rollBack({ gateway, step }: Stage, id: string, kept: string[]): Promise<Rollout> {
  const work = async () => {
    const back = await gateway.rollouts.rollbackRollout({ id, reason, draft: true });
    return gateway.rollouts.skipRolloutTargets({ id: back.id, reason, filter: { appids: kept } });
  };
  const describe = ({ targets }: Rollout) => [`DRAFT with ${targets} targets`];
  return step('RollbackRollout', 'of V2.1, the second wave only', work, describe);
}
