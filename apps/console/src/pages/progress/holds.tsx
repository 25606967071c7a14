import {
  RolloutHold_Cause as Cause,
  type Rollout,
  RolloutGateType,
  type RolloutHold,
  RolloutPauseCause,
  RolloutState,
} from '@wxa/contracts';
import { hintIn } from '../../gateway/failure.js';
import { nameOf, shortOf } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import { canAct, type Look } from '../../visit/visit.js';
import { passed } from './progress.js';
import { translated } from './sentence.js';
import { percent } from './waves.js';

/** Why a rollout is paused, and what prevents it from admitting more. */
export function Holds({ look, rollout }: { look: Look; rollout: Rollout }) {
  const { t } = look;
  const isPaused = rollout.state === RolloutState.ROLLOUT_STATE_PAUSED;
  if (!isPaused && rollout.holds.length === 0) return <p class="empty">{t('noHolds')}</p>;
  return (
    <ul class="holds">
      {isPaused && (
        <li>
          <strong class="doubt">
            {t('pausedBy')}: {nameOf(look, 'pause', rollout.pauseCause)}
          </strong>{' '}
          {rollout.pauseCause === RolloutPauseCause.ROLLOUT_PAUSE_CAUSE_REQUESTED ? (
            rollout.pauseDetail.replace(/^requested( by )?/, '')
          ) : (
            <Why look={look} sentence={rollout.pauseDetail} />
          )}
        </li>
      )}
      {rollout.holds.map((hold) => (
        <li>
          <Hold look={look} rollout={rollout} hold={hold} />
        </li>
      ))}
    </ul>
  );
}

function Hold({ look, rollout, hold }: { look: Look; rollout: Rollout; hold: RolloutHold }) {
  const { t } = look;
  const isGate = hold.cause === Cause.CAUSE_GATE;
  const cause = nameOf(look, 'hold', hold.cause);
  return (
    <>
      <strong>{isGate ? t('gateOf', { wave: hold.wave, gate: gateName(look, hold.gate) }) : cause}</strong>{' '}
      {isGate ? gateText(look, rollout, hold) : <Why look={look} sentence={hold.detail} />} ·{' '}
      {t('heldTargets', { n: hold.targets })}
      {hold.until && (
        <>
          {' '}
          · {t('until')} <Time visit={look} at={hold.until} />
        </>
      )}{' '}
      {PLATFORM.has(hold.cause) && <a href="/platform">{t('platform')}</a>}
      {isGate && canAct(look) && (
        <a href={advancePath(rollout.id, hold)} id={`advance-${hold.gate}`} class="button">
          {t('advance')}
        </a>
      )}
    </>
  );
}

/** Holds that an operator may end on the page of the platform. */
const PLATFORM = new Set([Cause.CAUSE_AUDIT_QUOTA, Cause.CAUSE_API_STOPPED]);

/** A sentence of the service in the visitor's language; one that is not known is folded. */
function Why({ look, sentence }: { look: Look; sentence: string }) {
  const known = translated(look, sentence);
  if (known !== undefined || sentence === '') return <>{known}</>;
  return (
    <details>
      <summary>{look.t('serviceSays')}</summary>
      {hintIn(sentence, look.language)}
    </details>
  );
}

/** The conditions of a closed gate in the visitor's language; the gateway's sentence is English. */
function gateText({ t }: Look, { spec, waves, rollbackOf }: Rollout, { wave, gate }: RolloutHold): string {
  const isSubmit = gate === RolloutGateType.ROLLOUT_GATE_TYPE_SUBMIT;
  const specified = isSubmit ? spec?.waves[wave - 1]?.submitGate : spec?.waves[wave - 1]?.releaseGate;
  const before = waves[wave - 2];
  const byHand = specified?.manual ? t('gateByHand') : undefined;
  if (before === undefined) return byHand ?? t('gateByTime');
  const needed = specified?.afterPercent || 100;
  const now = passed(before, gate, rollbackOf !== '');
  const missing = Math.max(0, Math.ceil((before.targets * needed) / 100) - now);
  if (missing === 0) return `${t('gateConditionsMet')} · ${byHand ?? t('gateByTime')}`;
  const numbers = { wave: wave - 1, percent: needed, now: percent(now, before.targets), missing };
  const waits = t('gateWaits', numbers);
  return byHand === undefined ? waits : `${waits} · ${byHand}`;
}

export function gateName(look: Look, gate: RolloutGateType): string {
  return nameOf(look, 'gate', gate);
}

function advancePath(id: string, { wave, gate }: RolloutHold): string {
  return `/rollouts/${id}/advance?wave=${wave}&gate=${shortOf('gate', gate)}`;
}
