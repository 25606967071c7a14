import {
  type RolloutFailure,
  RolloutStep,
  type RolloutTargetFilter,
  RolloutTargetState as State,
} from '@wxa/contracts';
import { hintOf } from '../../gateway/failure.js';
import type { RolloutView } from '../../live/rollout-watch.js';
import { formatNumber } from '../../text/text.js';
import { LIVE, nameOf, RETRYABLE, StateMark, stepName } from '../../ui/state.js';
import { canAct, type Look } from '../../visit/visit.js';
import { filterQuery } from './filter.js';

/** The page stays small, whatever fails; the others are behind a link. */
const SHOWN = 20;

/** The failure groups, largest first, with what can be done about each. */
export function Failures({ look, view }: { look: Look; view: RolloutView }) {
  const { t } = look;
  const { rollout, failures } = view;
  if (failures.length === 0) return <p class="empty">{t('noFailures')}</p>;
  const mayRetry = canAct(look) && RETRYABLE.includes(view.rollout.state);
  return (
    <>
      <ul class="rows">
        {failures.slice(0, SHOWN).map((group) => (
          <Group look={look} view={view} group={group} />
        ))}
      </ul>
      <div class="actions">
        {failures.length > SHOWN && (
          <a href={`/rollouts/${rollout.id}/targets?state=FAILED`}>
            {t('moreFailures', { n: failures.length - SHOWN })}
          </a>
        )}
        {mayRetry && failures.some(canRetryAsIs) && (
          <a href={`/rollouts/${rollout.id}/retry`} id="retry-all" class="button">
            {t('retryAll')}
          </a>
        )}
      </div>
    </>
  );
}

function Group({ look, view, group }: { look: Look; view: RolloutView; group: RolloutFailure }) {
  const { t, language } = look;
  const path = `/rollouts/${view.rollout.id}`;
  const query = filterQuery(filterOfGroup(group)).toString();
  const id = query.replace(/\W+/g, '-');
  return (
    <li>
      <span>
        <b class="number">{formatNumber(group.count, language)}</b>{' '}
        <StateMark kind={KINDS[group.state] ?? 'ended'}>{nameOf(look, 'target', group.state)}</StateMark> ·{' '}
        {stepName(look, group.step)} · {group.errcode !== 0 && `${group.errcode} `}
        <code>{group.reason}</code>
        {group.title !== group.reason && <> · “{plain(group.title)}”</>}
        <br />
        <small>
          {group.sampleAppids.slice(0, 3).map((appid) => (
            <>
              <a href={`${path}/targets/${appid}`} class="id">
                {appid}
              </a>{' '}
            </>
          ))}
          {hintOf(group, language)}
        </small>
      </span>
      <span class="actions">
        <a href={`${path}/targets?${query}`} id={`see${id}`}>
          {t('lookAt')}
        </a>
        {group.state === State.ROLLOUT_TARGET_STATE_IN_DOUBT && (
          <a href="/doubts" id={`doubt${id}`}>
            {t('resolveDoubts')}
          </a>
        )}
        {canAct(look) && group.state !== State.ROLLOUT_TARGET_STATE_IN_DOUBT && (
          <>
            {RETRYABLE.includes(view.rollout.state) && (
              <a href={`${path}/targets/retry?${query}`} id={`retry${id}`}>
                {group.step === RolloutStep.ROLLOUT_STEP_AUDIT
                  ? t('retryFrom', { step: stepName(look, RolloutStep.ROLLOUT_STEP_SUBMIT_AUDIT) })
                  : t('targetPage.retry')}
              </a>
            )}
            {isSkippable(view, group) && (
              <a href={`${path}/targets/skip?${query}`} id={`skip${id}`}>
                {t('targetPage.skip')}
              </a>
            )}
          </>
        )}
      </span>
    </li>
  );
}

const KINDS = {
  [State.ROLLOUT_TARGET_STATE_FAILED]: 'bad',
  [State.ROLLOUT_TARGET_STATE_IN_DOUBT]: 'doubt',
} as Partial<Record<State, 'bad' | 'doubt'>>;

function isSkippable({ rollout }: RolloutView, { state }: RolloutFailure): boolean {
  return LIVE.includes(rollout.state) && state === State.ROLLOUT_TARGET_STATE_FAILED;
}

/** The filter that selects exactly the targets of a group. */
export function filterOfGroup({ state, step, reason, errcode, title }: RolloutFailure): RolloutTargetFilter {
  return { states: [state], steps: [step], wave: 0, reason, errcode, appids: [], title };
}

/** A group that may succeed without any other change. */
export function canRetryAsIs({ state, retryable }: RolloutFailure): boolean {
  return state === State.ROLLOUT_TARGET_STATE_FAILED && retryable;
}

/** WeChat's audit reasons have line breaks as HTML. */
function plain(text: string): string {
  return text.replace(/<br\s*\/?>/gi, ' ');
}
