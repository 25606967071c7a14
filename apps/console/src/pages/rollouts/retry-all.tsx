import { type Rollout, type RolloutFailure, rolloutStepFromJSON, rolloutStepToJSON } from '@wxa/contracts';
import { Field, Select } from '../../ui/form.js';
import { stepName } from '../../ui/state.js';
import type { Visit } from '../../visit/visit.js';
import { canRetryAsIs, filterOfGroup } from '../progress/failures.js';
import { stepsOf } from '../progress/progress.js';
import type { Action, Input } from './actions.js';

/** Retries every failure group that may succeed without any other change. */
export const retryAll: Action = {
  verb: 'retryAll',
  isHarmless: true,
  async effect(visit, { id }) {
    const groups = await retryable(visit, id);
    return (
      <>
        {visit.t('retryEffect', { n: groups.reduce((sum, { count }) => sum + count, 0) })}
        <ul>
          {groups.map(({ step, errcode, reason, title, count }) => (
            <li>
              {stepName(visit, step)} · {errcode !== 0 && `${errcode} `}
              <code>{reason}</code> · {title} · {visit.t('someTargets', { n: count })}
            </li>
          ))}
        </ul>
      </>
    );
  },
  fields: (visit, rollout, input) => <FromStep visit={visit} rollout={rollout} input={input} />,
  async call(visit, command, input) {
    const fromStep = rolloutStepFromJSON(input.from_step || 'ROLLOUT_STEP_UNSPECIFIED');
    for (const group of await retryable(visit, command.id))
      await visit.gateway.rollouts.retryRollout({ ...command, filter: filterOfGroup(group), fromStep });
    return command.id;
  },
};

async function retryable({ gateway }: Visit, id: string): Promise<RolloutFailure[]> {
  const { failures } = await gateway.rollouts.listRolloutFailures({ id });
  return failures.filter(canRetryAsIs);
}

/** The steps that the targets can start from again. */
function FromStep({ visit, rollout, input }: { visit: Visit; rollout: Rollout; input: Input }) {
  const steps = stepsOf(rollout).map((step) => [rolloutStepToJSON(step), stepName(visit, step)] as const);
  return (
    <Field label={visit.t('fromStep')}>
      <Select
        name="from_step"
        value={input.from_step ?? ''}
        options={[['', visit.t('fromFailedStep')], ...steps]}
      />
    </Field>
  );
}
