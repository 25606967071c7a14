import { type Rollout, RolloutGateType, type RolloutWaveStatus } from '@wxa/contracts';
import { formatNumber } from '../../text/text.js';
import { Time } from '../../ui/time.js';
import type { Look } from '../../visit/visit.js';
import { type Column, columns, columnsOf, passed, textOf } from './progress.js';

/** How many targets of each wave are where. */
export function Waves({ look, rollout }: { look: Look; rollout: Rollout }) {
  const { t } = look;
  const shown = columnsOf(rollout);
  return (
    <div class="scroll" tabindex={0}>
      <table class="numbers">
        <caption>{t('wavesTitle')}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">{t('targets')}</th>
            {shown.map((column) => (
              <th scope="col">{t(textOf(column))}</th>
            ))}
            <td />
          </tr>
        </thead>
        <tbody>
          {rollout.waves.map((wave) => (
            <Wave look={look} rollout={rollout} wave={wave} shown={shown} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface WaveProps {
  look: Look;
  rollout: Rollout;
  wave: RolloutWaveStatus;
  shown: readonly Column[];
}

function Wave({ look, rollout, wave, shown }: WaveProps) {
  const numbers = columns(wave.counts);
  return (
    <tr>
      <th scope="row">{look.t('wave', { n: wave.wave })}</th>
      <td>{formatNumber(wave.targets, look.language)}</td>
      {shown.map((column) => (
        <td>{numbers[column] === 0 ? '–' : formatNumber(numbers[column], look.language)}</td>
      ))}
      <td class="note">
        <WaveNote look={look} rollout={rollout} wave={wave} shown={shown} />
      </td>
    </tr>
  );
}

function WaveNote({ look, rollout, wave, shown }: WaveProps) {
  const { t } = look;
  if (wave.targets === 0) return <>{t('waveEmpty')}</>;
  const isRollback = rollout.rollbackOf !== '';
  if (wave.endTime)
    return (
      <>
        {t('waveDone')} <Time visit={look} at={wave.endTime} />
      </>
    );
  if (wave.submitOpenTime === undefined && shown[0] !== 'toRelease') return <>{t('gateClosed')}</>;
  const share = (gate: RolloutGateType) => percent(passed(wave, gate, isRollback), wave.targets);
  const audited = share(RolloutGateType.ROLLOUT_GATE_TYPE_SUBMIT);
  if (shown.includes('AUDIT') && audited !== '100') return <>{t('auditedShare', { percent: audited })}</>;
  if (wave.releaseOpenTime === undefined && shown.includes('RELEASE')) return <>{t('releaseClosed')}</>;
  return <>{t('doneShare', { percent: share(RolloutGateType.ROLLOUT_GATE_TYPE_RELEASE) })}</>;
}

/** Rounded down to a tenth, so that 100 means all. */
export function percent(part: number, whole: number): string {
  const tenths = whole === 0 ? 1000 : Math.floor((part * 1000) / whole);
  return `${tenths / 10}`;
}
