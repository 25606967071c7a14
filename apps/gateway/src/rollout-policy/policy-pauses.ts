import { type Explained, explanationOf } from '@wxa/contracts';
import type { Policy } from '@wxa/policy';
import { NOBODY } from '@wxa/postgres/trail';
import type { RolloutEdit, RunningRollout } from '@wxa/rollouts/calls';
import type { StoredRollout } from '@wxa/rollouts/core';
import { type Logger, Poller, polled } from '@wxa/service';
import type { Store } from '@wxa/store';
import { needsOf, notAllowedForAll, offendersOf } from './forbidden-targets.js';

const EVERY_MS = 10_000;

/**
 * Pauses RUNNING rollouts that the policy in force no longer allows, and limits the others to what it now allows their callers: at
 * the start, after a change of the policy, and those that another gateway, which had not read it yet, has started or limited since.
 * Each gateway does so by the policy that it has read; a pause that two of them decide is one. Without a policy no rollout is limited.
 */
export class PolicyPauses {
  #policy: Policy | undefined;
  /** Rollouts that this policy allows, as they were let run last. */
  #allowed = new Set<string>();
  #poller: Poller | undefined;

  constructor(private readonly logger: Pick<Logger, 'warn'>) {}

  /** A policy has come into force. */
  use(policy: Policy): void {
    this.#policy = policy;
    this.#allowed.clear();
    this.#poller?.wakeUp();
  }

  /** Looks now, then every 10 s and after each change of the policy. */
  start(store: Pick<Store, 'rollouts'>): void {
    this.#poller = new Poller(
      EVERY_MS,
      polled(this.logger, () => this.#look(store)),
    );
    this.#poller.start();
    this.#poller.wakeUp();
  }

  stop(): void {
    void this.#poller?.stop();
  }

  async #look({ rollouts }: Pick<Store, 'rollouts'>): Promise<void> {
    const policy = this.#policy;
    if (policy === undefined) return rollouts.unlimit();
    const allowed = new Set<string>();
    for (const rollout of await rollouts.running()) {
      const key = `${rollout.id} ${rollout.mark}`;
      if (this.#allowed.has(key) || (await isAllowed(rollouts, rollout, policy))) allowed.add(key);
    }
    if (this.#policy === policy) this.#allowed = allowed;
  }
}

type Rollouts = Store['rollouts'];

/** Pauses the rollout if the policy does not allow it. */
async function isAllowed(rollouts: Rollouts, running: RunningRollout, policy: Policy): Promise<boolean> {
  const rollout = await rollouts.find(running.id);
  const why = rollout && (await refusalOf(rollouts, rollout, policy));
  if (why === undefined) {
    await rollouts.limit(running, policy.caller(running.actingCaller)?.limits);
    return true;
  }
  await rollouts.change(running.id, { by: NOBODY, reason: '' }, ({ state, actingCaller }) =>
    state === 'RUNNING' && actingCaller === running.actingCaller ? pause(why) : undefined,
  );
  return false;
}

/** Why the policy does not allow a rollout to run; undefined if it does. */
async function refusalOf(
  rollouts: Rollouts,
  rollout: StoredRollout,
  policy: Policy,
): Promise<Explained | undefined> {
  const { caller, actingCaller } = rollout;
  if (actingCaller === '') return explanationOf('WITHOUT_POLICY');
  const gone = [caller, actingCaller].find((name) => name !== '' && policy.caller(name) === undefined);
  if (gone !== undefined) return explanationOf('CALLER_UNKNOWN', { caller: gone });
  const others = actingCaller === caller ? [] : [[actingCaller, []] as const];
  const needs = needsOf(rollout, new Map(others), (name, method) => policy.visibleTo(name, method));
  const limited = notAllowedForAll(rollout, needs);
  if (limited !== undefined)
    return explanationOf('NOT_ALLOWED_FOR_ALL', { caller: limited.caller, method: limited.method });
  const problem = await rollouts.forbidden(
    rollout.id,
    needs.map(({ visible }) => visible),
  );
  return problem.targets === 0
    ? undefined
    : explanationOf('TARGETS_NOT_ALLOWED', offendersOf(needs, problem));
}

function pause({ detail, explanation }: Explained): RolloutEdit {
  return {
    action: 'rollout.paused',
    set: { state: 'PAUSED', pauseCause: 'POLICY', pauseDetail: detail, pauseExplanation: explanation },
    entries: [{ type: 'PAUSED', reason: detail, args: { cause: 'POLICY', explanation } }],
    detail: { cause: 'POLICY', reason: detail },
  };
}
