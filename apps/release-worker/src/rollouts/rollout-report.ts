import type { TurnReport } from '@wxa/rollouts/turn';
import { counter, histogram, type Logger } from '@wxa/service';

const turnSeconds = histogram('wxa_rollout_turn_duration_seconds');
const failuresTotal = counter('wxa_rollout_turn_failures_total', [{}]);
const movesTotal = counter('wxa_rollout_moves_total');

/** Counts a committed turn, and logs that a rollout was started, paused, closed or ended. */
export function reportTurn(logger: Logger, report: TurnReport, seconds: number): void {
  turnSeconds.observe({}, seconds);
  for (const { step, move } of report.results) {
    movesTotal.inc({ step, result: move.stepResult ?? move.target.state.toLowerCase() });
  }
  for (const entry of report.entries) logEntry(logger, report.rollout, entry);
}

/** @param rollout undefined if none was locked. */
export function reportFailure(logger: Logger, error: unknown, rollout: string | undefined): void {
  failuresTotal.inc({});
  logger.warn({ rollout: rollout ?? null, error: String(error) }, 'rollout turn failed');
}

/** The caller of an entry that the service wrote is the creator of the rollout. */
function logEntry(
  logger: Logger,
  { id: rollout, caller: creator }: TurnReport['rollout'],
  { type, seq, caller: by, reason, args }: TurnReport['entries'][number],
): void {
  const caller = by === '' ? creator : by;
  switch (type) {
    case 'STARTED':
      logger.info({ rollout, caller, seq }, 'rollout started');
      break;
    case 'PAUSED': {
      const { cause = 'REQUESTED' } = (args ?? {}) as { cause?: string };
      logger.warn({ rollout, caller, seq, cause, reason }, 'rollout paused');
      break;
    }
    case 'CLOSED': {
      const { cause } = args as { cause: string };
      logger.info({ rollout, caller, seq, cause }, 'rollout closed');
      break;
    }
    case 'COMPLETED':
      logger.info({ rollout, caller, seq }, 'rollout completed');
      break;
    case 'CANCELLED':
      logger.info({ rollout, caller, seq }, 'rollout cancelled');
      break;
    default:
  }
}
