import { transaction } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import type { Pool } from 'pg';
import { dueRollouts, type TurnOptions, type TurnStart, takeRollout } from '../rows/take-turn.js';
import { admitTargets } from './admit.js';
import { followIntake } from './intake/follow-intake.js';
import { moveTargets } from './move.js';
import { readTurn, type Turn } from './read.js';
import { type TurnReport, writeTurn } from './write.js';

/** A turn failed and changed nothing; `rolloutId` is undefined if it had not locked a rollout. */
export class TurnError extends Error {
  constructor(
    readonly rolloutId: string | undefined,
    override readonly cause: unknown,
  ) {
    super(`a turn of rollout ${rolloutId} failed: ${cause}`);
    this.name = 'TurnError';
  }
}

/** One turn of a locked rollout: reads what happened to its targets, decides, and writes everything that follows. */
export async function takeTurn(start: TurnStart): Promise<TurnReport> {
  return finishTurn(await readTurn(start));
}

export async function finishTurn(turn: Turn): Promise<TurnReport> {
  return writeTurn(await admitTargets(await followIntake(await moveTargets(turn))));
}

const LIMITS = `set local lock_timeout = '1s'; set local statement_timeout = '5s'`;

/** The rollout of a turn and its report; both are undefined if none was due. */
export interface TurnRun {
  id?: string | undefined;
  report?: TurnReport | undefined;
  isAnyLive: boolean;
}

/**
 * Runs one turn of the rollout that is due and was served least recently, in one transaction. Rejects with TurnError; nothing
 * has changed then.
 * @param options `not`: rollouts to leave out. @param run what is done with the locked rollout.
 */
export async function runTurn(
  pool: Pool,
  author: Publisher,
  { not = [], ...options }: TurnOptions & { not?: string[] },
  run: (start: TurnStart) => Promise<TurnReport | undefined> = takeTurn,
): Promise<TurnRun> {
  let id: string | undefined;
  try {
    const { isAnyDue, isAnyLive } = await dueRollouts(pool, not);
    if (!isAnyDue) return { isAnyLive };
    const report = await transaction(pool, async (client) => {
      await client.query(LIMITS);
      const rollout = await takeRollout(client, not);
      id = rollout?.id;
      return rollout && run({ client, author, rollout, options });
    });
    return { id, report, isAnyLive };
  } catch (error) {
    throw new TurnError(id, error);
  }
}
