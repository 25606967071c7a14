import { gates } from '../core/decide/gates.js';
import type { JournalEntry } from '../rows/journal.js';
import type { Moved } from './move.js';
import { progressOf, wavesOf } from './read.js';

export interface Opened extends Moved {
  /** When a gate may open by time alone; null if none waits for a time. */
  nextGateAt: Date | null;
}

/** Opens the gates whose conditions the moves have met. */
export function openWaves(turn: Moved): Opened {
  const { changes, submitWave, releaseWave, nextLookAt } = gates(
    turn.context,
    progressOf(turn),
    turn.rollout.now,
  );
  const waves = new Map(wavesOf(turn).map((row) => [row.wave, row]));
  const changedWaves = new Map(turn.changedWaves);
  const journal: JournalEntry[] = [...turn.journal];
  for (const { wave, type, gate, opens, isReached } of changes) {
    const row = changedWaves.get(wave) ?? waves.get(wave);
    if (row === undefined) continue;
    const { reachedAt, openedAt, announced } = gate;
    changedWaves.set(
      wave,
      type === 'SUBMIT'
        ? { ...row, submitReachedAt: reachedAt, submitOpenedAt: openedAt, submitAnnounced: announced }
        : { ...row, releaseReachedAt: reachedAt, releaseOpenedAt: openedAt, releaseAnnounced: announced },
    );
    if (isReached) journal.push({ type: 'GATE_REACHED', wave, gate: type });
    if (opens) journal.push({ type: 'GATE_OPENED', wave, gate: type });
  }
  return { ...turn, changedWaves, journal, submitWave, releaseWave, nextGateAt: nextLookAt };
}
