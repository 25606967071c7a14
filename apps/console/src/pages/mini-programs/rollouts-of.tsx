import type { Rollout, RolloutTarget } from '@wxa/contracts';
import { answerOf } from '../../gateway/failure.js';
import { Empty } from '../../ui/list.js';
import { State, stepName, TargetState, UNENDED } from '../../ui/state.js';
import type { Visit } from '../../visit/visit.js';

const SHOWN = 5;

interface Part {
  rollout: Rollout;
  /** How far the mini-program is; only of a live rollout. */
  target: RolloutTarget | undefined;
}

/** The newest rollouts that contain a mini-program. */
export async function rolloutsOf({ gateway }: Visit, appid: string): Promise<Part[]> {
  const { rollouts } = await gateway.rollouts.listRollouts({ appid, pageSize: SHOWN });
  return Promise.all(
    rollouts.map(async (rollout) => {
      if (!UNENDED.includes(rollout.state)) return { rollout, target: undefined };
      const { value: target } = await answerOf(gateway.rollouts.getRolloutTarget({ id: rollout.id, appid }));
      return { rollout, target };
    }),
  );
}

export function Rollouts(props: { visit: Visit; appid: string; rollouts: readonly Part[] }) {
  const { visit, appid, rollouts } = props;
  const { t } = visit;
  return (
    <section>
      <h2>{t('rollouts')}</h2>
      {rollouts.length === 0 ? (
        <Empty>{t('inNoRollout')}</Empty>
      ) : (
        <ul>
          {rollouts.map(({ rollout: { id, spec, state }, target }) => (
            <li>
              <a href={`/rollouts/${encodeURIComponent(id)}/targets/${encodeURIComponent(appid)}`}>
                {spec?.name}
              </a>{' '}
              <State visit={visit} of="rollout" state={state} />
              {target && (
                <>
                  {' · '}
                  {t('wave', { n: target.wave })} {stepName(visit, target.step)}{' '}
                  <TargetState visit={visit} state={target.state} waitsFor={target.waitsFor} />
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
