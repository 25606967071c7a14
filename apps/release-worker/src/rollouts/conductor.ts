import { ROLLOUTS_CHANNEL } from '@wxa/rollouts/rows';
import { TurnError, type TurnOptions, type TurnReport } from '@wxa/rollouts/turn';
import { counter, histogram, type Logger, Poller } from '@wxa/service';
import type { Store } from '@wxa/store';

/** While a rollout is live: its wake-ups start a turn 100 ms after the last one. */
const POLL_MS = 100;
/** While none is live. A start is announced, so it is seen at once; this is for one whose notification is lost. */
const IDLE_POLL_MS = 1_000;
const AFTER_FAILURES_MS = 1_000;
/** A rollout with a step or field that this version does not know is left to newer workers for this time. */
const UNKNOWN_MS = 10_000;
/** A turn that lost a race succeeds when it is repeated. */
const MAX_FAILURES = 2;

export interface ConductorOptions extends TurnOptions {
  /** False while Postgres is not verified: what a turn would accept may have been accepted, and executed, before. */
  mayRun(): boolean;
  /** A turn was committed. */
  onTurn(report: TurnReport, seconds: number): void;
  /** A turn failed and changed nothing; `rolloutId` is undefined if no rollout was locked. */
  onFailure(error: unknown, rolloutId: string | undefined): void;
}

/**
 * Runs the turns of all live rollouts, one at a time; any worker can run any turn. It only accepts operations, and calls
 * nothing else.
 */
export class Conductor {
  readonly #poller = new Poller(
    () => (this.#isAnyLive ? POLL_MS : IDLE_POLL_MS),
    () => this.#runTurns(),
  );
  /** Rollouts to leave out for a time, by `performance.now()`. */
  readonly #left = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  #isAnyLive = true;
  #unlisten: () => void = () => undefined;
  #isStopped = false;

  constructor(
    private readonly store: {
      rollouts: Pick<Store['rollouts'], 'turn'>;
      leases: Pick<Store['leases'], 'listen'>;
    },
    private readonly options: ConductorOptions,
  ) {}

  start(): void {
    this.#unlisten = this.store.leases.listen(ROLLOUTS_CHANNEL, () => this.wakeUp());
    this.#poller.start();
  }

  /** Runs turns now, for example because an operation of a rollout has ended. */
  wakeUp(): void {
    this.#poller.wakeUp();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unlisten();
    await this.#poller.stop();
  }

  async #runTurns(): Promise<void> {
    while (!this.#isStopped && this.options.mayRun() && (await this.#turn()));
  }

  /** Whether there may be another one at once. */
  async #turn(): Promise<boolean> {
    const startedAt = performance.now();
    for (const [id, until] of this.#left) if (until <= startedAt) this.#left.delete(id);
    try {
      const { options } = this;
      const not = [...this.#left.keys()];
      const { id, report, isAnyLive } = await this.store.rollouts.turn({ ...options, not });
      this.#isAnyLive = isAnyLive;
      if (id === undefined || report === undefined) return false;
      this.#failures.delete(id);
      options.onTurn(report, (performance.now() - startedAt) / 1000);
      return true;
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): boolean {
    const { rolloutId, cause } = error instanceof TurnError ? error : { rolloutId: undefined, cause: error };
    this.options.onFailure(cause, rolloutId);
    if (rolloutId === undefined) return false;
    const failures = (this.#failures.get(rolloutId) ?? 0) + 1;
    this.#failures.set(rolloutId, failures);
    if (failures < MAX_FAILURES) return true;
    this.#failures.delete(rolloutId);
    const isOfPostgres = typeof (cause as { code?: unknown } | null)?.code === 'string';
    this.#left.set(rolloutId, performance.now() + (isOfPostgres ? AFTER_FAILURES_MS : UNKNOWN_MS));
    return true;
  }
}

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
