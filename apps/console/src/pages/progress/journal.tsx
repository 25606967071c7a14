import { type RolloutChange, RolloutGateType } from '@wxa/contracts';
import { whoOf } from '../../ui/links.js';
import { nameOf } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import type { Look } from '../../visit/visit.js';
import { gateName } from './holds.js';
import { translated } from './sentence.js';

/** Entries of a rollout's journal: what happened, who requested it and why. */
export function Journal({ look, changes }: { look: Look; changes: readonly RolloutChange[] }) {
  return (
    <ol class="rows">
      {changes.map((change) => (
        <li>
          <span>
            <Time visit={look} at={change.time} /> <b>{whoOf(change) || look.t('bySystem')}</b>{' '}
            {whatOf(look, change)}
            {change.reason && <> · {translated(look, change.reason) ?? `“${change.reason}”`}</>}
            <Processed look={look} change={change} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function whatOf(look: Look, { type, wave, gate }: RolloutChange): string {
  const { t } = look;
  const what = nameOf(look, 'change', type);
  if (wave === 0) return what;
  const isOfGate = gate !== RolloutGateType.ROLLOUT_GATE_TYPE_UNSPECIFIED;
  const where = isOfGate ? t('gateOf', { wave, gate: gateName(look, gate) }) : t('wave', { n: wave });
  return `${what}: ${where}`;
}

/** How far a retry, a skip or a cancellation of many targets is. */
function Processed({ look: { t }, change: { moved, total } }: { look: Look; change: RolloutChange }) {
  if (moved === 0 && total === 0) return null;
  return (
    <>
      {' '}
      · {total === 0 ? t('processing', { moved }) : t('processed', { moved, total })}{' '}
      {moved < total && <progress value={moved} max={total} />}
    </>
  );
}
