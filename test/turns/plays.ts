import { TurnError } from '@wxa/rollouts/turn';
import fc from 'fast-check';
import { byLength } from '../length.js';
import { killAtStatement } from './turn-connection.js';
import { steps } from './turn-steps.js';

/** Rollouts that are checked after each step. */
interface Play<Step> {
  run(given: Step): Promise<void>;
  /** Lets everything end. */
  drain(): Promise<void>;
}

export const PLAYS_MS = byLength({ short: 300_000, long: 1_200_000 });

/** Plays any sequences of steps, each to its end. */
export async function playAll<Step>(
  step: fc.Arbitrary<Step>,
  begin: () => Promise<Play<Step>>,
): Promise<void> {
  const sequence = fc.array(step, { minLength: 15, maxLength: 50 });
  const property = fc.asyncProperty(sequence, async (all) => {
    const play = await begin();
    for (const given of all) await play.run(given);
    await play.drain();
  });
  await fc.assert(property, { numRuns: byLength({ short: 5, long: 100 }), endOnFailure: true });
}

/** A turn whose connection is lost at a statement. */
export async function killedTurn(at: number, isSent: boolean): Promise<void> {
  const killed = steps.turn((turn) => killAtStatement(turn, { at, isSent }));
  await killed.catch((error: unknown) => {
    if (!(error instanceof TurnError)) throw error;
  });
}
