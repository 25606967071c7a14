import type { RolloutFailure } from '@wxa/contracts';
import { stepName } from '../../ui/state.js';
import type { Visit } from '../../visit/visit.js';
import { canRetryAsIs, filterOfGroup } from '../progress/failures.js';
import { stepNamed } from '../progress/filter.js';
import { FromStep } from '../targets/commands.js';
import type { Action } from './actions.js';

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
  fields: ({ form, ...props }) => <FromStep {...props} value={form.values.from_step} />,
  async call(visit, command, input) {
    const fromStep = stepNamed(input.from_step ?? '');
    for (const group of await retryable(visit, command.id))
      await visit.gateway.rollouts.retryRollout({ ...command, filter: filterOfGroup(group), fromStep });
    return command.id;
  },
};

async function retryable({ gateway }: Visit, id: string): Promise<RolloutFailure[]> {
  const { failures } = await gateway.rollouts.listRolloutFailures({ id });
  return failures.filter(canRetryAsIs);
}
