import type { Rollout, RolloutCount } from '@wxa/contracts';
import { formatNumber } from '../../text/text.js';
import type { Look } from '../../visit/visit.js';
import { KIND_OF_PART, PARTS, type Part, parts, textOf } from './progress.js';

/** The parts of all targets as a bar. */
export function Bar(props: { look: Look; counts: readonly RolloutCount[]; targets: number }) {
  const { look, counts, targets } = props;
  const numbers = parts(counts);
  let x = 0;
  return (
    <svg class="bar" viewBox={`0 0 ${targets || 1} 1`} preserveAspectRatio="none" role="img">
      <title>{wordsOf(look, numbers)}</title>
      {PARTS.filter((part) => numbers[part] > 0).map((part) => {
        const from = x;
        x += numbers[part];
        return <rect x={from} width={numbers[part]} height="1" class={KIND_OF_PART[part]} />;
      })}
    </svg>
  );
}

/** The numbers of the bar in words; parts that a rollout usually has are there at 0 too, so that nothing moves. */
export function Counts({ look, rollout }: { look: Look; rollout: Rollout }) {
  const numbers = parts(rollout.counts);
  return (
    <ul class="counts">
      {PARTS.filter((part) => part !== 'cancelled' || numbers[part] > 0).map((part) => (
        <li>
          <span class={`state ${KIND_OF_PART[part]}`}>{look.t(textOf(part))}</span>{' '}
          <b class="number">{formatNumber(numbers[part], look.language)}</b>
        </li>
      ))}
    </ul>
  );
}

function wordsOf({ t, language }: Look, numbers: Record<Part, number>): string {
  const present = PARTS.filter((part) => numbers[part] > 0);
  return present.map((part) => `${t(textOf(part))} ${formatNumber(numbers[part], language)}`).join(' · ');
}
