import { type RolloutAuditBudget, RolloutState } from '@wxa/contracts';
import type { VNode } from 'preact';
import { render } from 'preact-render-to-string';
import type { RolloutView } from '../../live/rollout-watch.js';
import { whoOf } from '../../ui/links.js';
import { LIVE, State, stepName, TargetState } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import { canAct, type Look } from '../../visit/visit.js';
import { Bar, Counts } from './bar.js';
import { Failures } from './failures.js';
import { Holds } from './holds.js';
import { Journal } from './journal.js';
import { Waves } from './waves.js';

interface Props {
  look: Look;
  view: RolloutView;
}

/** The parts of the page of a rollout that change; they are the same for all visitors with the same look. */
export const FRAGMENTS: Readonly<Record<string, (props: Props) => VNode | null>> = {
  actions: Actions,
  bar: Progress,
  holds: ({ look, view }) => <Holds look={look} rollout={view.rollout} />,
  waves: ({ look, view }) => <Waves look={look} rollout={view.rollout} />,
  failures: Failures,
  feed: Feed,
  changes: Changes,
};

/** The HTML of each fragment. */
export function renderFragments(view: RolloutView, look: Look): Record<string, string> {
  const entries = Object.entries(FRAGMENTS).map(([name, Fragment]) => [
    name,
    render(<Fragment look={look} view={view} />),
  ]);
  return Object.fromEntries(entries);
}

/** The form that the button Pause submits: it has the session's token, which a shared fragment cannot have. */
export const PAUSE_FORM = 'pause';

function Actions({ look, view: { rollout } }: Props) {
  if (!canAct(look)) return null;
  const { t } = look;
  const { id, state } = rollout;
  const isDraft = state === RolloutState.ROLLOUT_STATE_DRAFT;
  const link = (name: string, text: string) => (
    <a href={`/rollouts/${id}/${name}`} id={`do-${name}`} class="button">
      {text}
    </a>
  );
  return (
    <>
      {isDraft && link('draft', t('editDraft'))}
      {state === RolloutState.ROLLOUT_STATE_RUNNING && (
        <button type="submit" form={PAUSE_FORM} id="do-pause">
          {t('pauseRollout')}
        </button>
      )}
      {state === RolloutState.ROLLOUT_STATE_PAUSED && link('resume', `${t('resumeNow')}…`)}
      {(isDraft || LIVE.includes(state)) && link('cancel', t('cancelRollout'))}
      {!isDraft &&
        rollout.rolledBackBy === '' &&
        rollout.rollbackOf === '' &&
        link('rollback', t('rollBack'))}
    </>
  );
}

function Progress({ look, view: { rollout, quota } }: Props) {
  const { t } = look;
  const { spec, submissions, stepsPerMinute } = rollout;
  const left = quota?.quota;
  const who = whoOf(rollout);
  return (
    <>
      <p class="summary">
        <State visit={look} of="rollout" state={rollout.state} /> ·{' '}
        {t('templateVersion', { template: `${spec?.templateId}`, version: spec?.userVersion ?? '' })}
        {rollout.startTime && (
          <>
            {' '}
            · {t('startedAt')} <Time visit={look} at={rollout.startTime} />
          </>
        )}
        {rollout.endTime && (
          <>
            {' '}
            · {t('endedAt')} <Time visit={look} at={rollout.endTime} />
          </>
        )}
        {who && ` · ${who}`}
      </p>
      <Bar look={look} counts={rollout.counts} targets={rollout.targets} />
      <Counts look={look} rollout={rollout} />
      <p class="summary">
        {t('stepsPerMinute', { n: stepsPerMinute })} · {t('submitted', { n: submissions })}
        {budgetText(look, spec?.auditBudget)} ·{' '}
        {left?.limit ? (
          <>
            {t('platformLeft', { n: left.rest })} (<Time visit={look} at={quota?.time} /> {t('readAt')})
          </>
        ) : (
          t('quotaUnknown')
        )}
        {spec?.auditBudget?.reserve ? <> · {t('reserved', { n: spec.auditBudget.reserve })}</> : null}
      </p>
      <Links look={look} rollout={rollout} />
    </>
  );
}

function budgetText({ t }: Look, budget: RolloutAuditBudget | undefined): string {
  return budget?.maxSubmissions ? ` / ${t('ofBudget', { n: budget.maxSubmissions })}` : '';
}

/** To the rollout that this one takes back, or to the one that takes this one back. */
function Links({ look: { t }, rollout }: { look: Look; rollout: RolloutView['rollout'] }) {
  const { rollbackOf, rolledBackBy } = rollout;
  return (
    <>
      {rollbackOf !== '' && (
        <p>
          {t('rollbackOf')} <a href={`/rollouts/${rollbackOf}`}>{t('theRollout')}</a>
        </p>
      )}
      {rolledBackBy !== '' && (
        <p>
          {t('rolledBackBy')} <a href={`/rollouts/${rolledBackBy}`}>{t('theRollback')}</a>
        </p>
      )}
    </>
  );
}

function Feed({ look, view: { rollout, latest } }: Props) {
  if (latest.length === 0) return <p class="empty">{look.t('noFeed')}</p>;
  return (
    <ol class="rows">
      {latest.map((target) => (
        <li>
          <span>
            <Time visit={look} at={target.updateTime} clock />{' '}
            <a href={`/rollouts/${rollout.id}/targets/${target.appid}`} class="id">
              {target.appid}
            </a>{' '}
            {stepName(look, target.step)}{' '}
            <TargetState visit={look} state={target.state} waitsFor={target.waitsFor} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function Changes({ look, view: { rollout, changes } }: Props) {
  return (
    <>
      <Journal look={look} changes={changes} />
      <a href={`/rollouts/${rollout.id}/changes`} id="all-changes">
        {look.t('allChanges')}
      </a>
    </>
  );
}
