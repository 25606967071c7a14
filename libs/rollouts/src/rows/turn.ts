import { type Component, TOKEN_LIFE } from '@wxa/authorizers';
import type { CloudEvent } from '@wxa/contracts';
import { type QuotaUse, quotaOf, type StoredQuota, writeQuotaUse } from '@wxa/limits';
import {
  type AuditMethod,
  accept,
  auditsOfCaller,
  cancelUnsent,
  type NewOperation,
  quotaReads,
  type StoredOperation,
} from '@wxa/operations';
import { type Publisher, transaction, writeOutbox } from '@wxa/postgres';
import type { ClientBase, Pool } from 'pg';
import type { TargetFilter } from '../core/messages/filter-of.js';
import type { FailureGroup, StoredCount, StoredRollout } from '../core/stored-rollout.js';
import { type JournalEntry, writeJournal } from './journal.js';
import { openEntries, type StoredEntry, writeCommand, writePublished } from './open-entries.js';
import { listFailures } from './read-journal.js';
import { readRollout } from './stored-rollout.js';
import {
  dueRollouts,
  openCommands,
  otherSubmissions,
  type TurnCommand,
  type TurnRollout,
  type TurnWave,
  takeRollout,
  takeWakeups,
  turnCounts,
  turnWaves,
} from './take-turn.js';
import {
  commandTargets,
  countTargets,
  openAudits,
  pendingTargets,
  type TargetWithFacts,
  wokenTargets,
} from './turn-targets.js';
import {
  addToCounts,
  adopt,
  type WrittenRollout,
  type WrittenTarget,
  wake,
  wakeWaiting,
  writeRollout,
  writeTargets,
  writeWaves,
} from './write-turn.js';

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

/** A stopped API; `byQuota`: because WeChat's quota of it is exhausted. */
export interface TurnStop {
  api: string;
  since: Date;
  until: Date;
  byQuota: boolean;
}

/** The platform's own token: since when it has it, and how long it is valid. */
type PlatformTokenLife = Pick<Component, 'remainingMs' | 'grantedMs'> & { since: Date };

/** What a turn writes, besides its operations and events. */
export interface TurnResult {
  rollout: WrittenRollout;
  targets: WrittenTarget[];
  counts: StoredCount[];
  waves: TurnWave[];
  journal: JournalEntry[];
  command: (TurnCommand & { done: boolean }) | undefined;
  /** Mini-programs that the rollout holds no longer. */
  released: string[];
}

/** A locked rollout within the transaction of its turn, and the statements of the turn. */
export class Turn {
  readonly #ofCommand: TargetWithFacts[] = [];

  private constructor(
    private readonly client: ClientBase,
    private readonly author: Publisher,
    readonly rollout: TurnRollout,
    readonly counts: StoredCount[],
    readonly waves: TurnWave[],
    /** Those that were woken and those that are due. */
    readonly woken: TargetWithFacts[],
    private readonly commands: TurnCommand[],
  ) {}

  /** The oldest batch command that is not finished. */
  get command(): TurnCommand | undefined {
    return this.commands[0];
  }

  /** How many batch commands are not finished. */
  get openCommands(): number {
    return this.commands.length;
  }

  /** Takes the wake-ups of a locked rollout and reads what its turn needs. */
  static async begin(client: ClientBase, author: Publisher, rollout: TurnRollout): Promise<Turn> {
    const { id, now } = rollout;
    const appids = await takeWakeups(client, id);
    const woken = await wokenTargets(client, rollout, appids, now);
    const [counts, waves] = [await turnCounts(client, id), await turnWaves(client, id)];
    return new Turn(client, author, rollout, counts, waves, woken, await openCommands(client, id));
  }

  /** The first PENDING targets of a step in waves up to one, without those at some positions. */
  pending(which: Parameters<typeof pendingTargets>[2]): Promise<TargetWithFacts[]> {
    return pendingTargets(this.client, this.rollout, which);
  }

  /** The next targets of the batch command, in the order of positions. */
  async commandTargets(filter: TargetFilter, cursor: number): Promise<TargetWithFacts[]> {
    const targets = await commandTargets(this.client, this.rollout, filter, cursor);
    this.#ofCommand.push(...targets);
    return targets;
  }

  countTargets(filter: TargetFilter): Promise<number> {
    return countTargets(this.client, this.rollout.id, filter);
  }

  /** Writes the targets and their counts. */
  async writeTargets({ targets, counts }: Pick<TurnResult, 'targets' | 'counts'>): Promise<void> {
    await writeTargets(this.client, this.rollout, targets);
    await addToCounts(this.client, this.rollout.id, counts);
  }

  /** Writes all else but operations and events. Returns the journal entries that are to be published, by seq. */
  async write(result: Omit<TurnResult, 'targets' | 'counts'>): Promise<StoredEntry[]> {
    const { id } = this.rollout;
    await writeWaves(this.client, id, result.waves);
    await writeJournal(this.client, this.rollout, { caller: null, onBehalfOf: null }, result.journal);
    if (result.command !== undefined) await writeCommand(this.client, id, result.command);
    await wakeWaiting(this.client, id, result.released);
    const lastSeq = BigInt(this.rollout.lastSeq) + BigInt(result.journal.length);
    await writeRollout(this.client, this.rollout, result.rollout, lastSeq);
    return openEntries(this.client, id);
  }

  /** Writes events in order, those of the journal entries `published` among them. */
  async publish(events: CloudEvent[], published: string[]): Promise<void> {
    await writeOutbox(this.client, this.author.writer, events);
    await writePublished(this.client, this.rollout.id, published);
  }

  /**
   * The last statement, because the place of operations in their lanes is taken just before the commit. If an operation exists under
   * a request_id, as after a restore, its target gets that one and is looked at again.
   */
  async accept(operations: NewOperation[]): Promise<void> {
    if (operations.length === 0) return;
    const accepted = await accept(this.client, this.author, operations);
    const earlier = operations.flatMap(({ id, appid }, i) => {
      const found = accepted[i];
      return found === undefined || found.kind === 'accepted' ? [] : [{ appid, id, earlierId: found.id }];
    });
    await adopt(this.client, this.rollout.id, earlier);
  }

  /**
   * Cancels the operations of the targets that this turn has read, as far as they were never sent to WeChat, and publishes that. Their
   * ends wake the targets; those that are locked are looked at again. Rejects with UnverifiedServerError if Postgres may have lost time.
   */
  async cancelUnsent(toEvent: (operation: StoredOperation) => CloudEvent): Promise<void> {
    const unsent = new Map<string, string>();
    for (const { target, facts } of [...this.woken, ...this.#ofCommand])
      if (facts.operation?.isUnsent) unsent.set(facts.operation.id, target.appid);
    if (unsent.size === 0) return;
    const which = { ids: [...unsent.keys()], queriesOnly: false };
    for (const { id } of await cancelUnsent(this.client, this.author, which, toEvent)) unsent.delete(id);
    await wake(this.client, this.rollout.id, [...unsent.values()]);
  }

  /** The stopped APIs. A lift or another end that this turn does not see starts another turn. */
  async stops(): Promise<TurnStop[]> {
    const { rows } = await this.client.query<TurnStop>({
      name: 'turn-stops',
      text: `select api, stopped_at as since, stopped_until as until, stop_errcode is not null as "byQuota" from api_limits
        where stopped_until > clock_timestamp() order by api`,
    });
    return rows;
  }

  /** The audit quota of a platform; undefined if it was never looked at. `isLocked`: it is locked before the targets. */
  quota(platform: string, lock: { isLocked: boolean }): Promise<StoredQuota | undefined> {
    return quotaOf(this.client, platform, lock);
  }

  /** How the quota of a platform can be read. */
  quotaReads(platform: string): ReturnType<typeof quotaReads> {
    return quotaReads(this.client, platform);
  }

  /** How many submissions of other rollouts are in flight. */
  otherSubmissions(): ReturnType<typeof otherSubmissions> {
    return otherSubmissions(this.client, this.rollout.id);
  }

  /** How many audits or speed-ups the acting caller has this month. `isLocked`: and has until the turn ends. */
  auditsOfCaller(method: AuditMethod, lock: { isLocked: boolean }): Promise<number> {
    return auditsOfCaller(this.client, this.rollout.actingCaller, method, lock);
  }

  /** How many audits of this rollout are open. */
  openAudits(): Promise<number> {
    return openAudits(this.client, this.rollout.id);
  }

  /** Writes what this turn changes in the audit quota, which is locked. */
  writeQuotaUse(platform: string, use: QuotaUse): Promise<void> {
    return writeQuotaUse(this.client, platform, use);
  }

  /** When the platform obtained its access token, and how long that is valid; undefined without one. */
  async platformToken(platform: string): Promise<PlatformTokenLife | undefined> {
    const { rows } = await this.client.query<PlatformTokenLife>({
      name: 'turn-platform-token',
      text: `select access_token_at as since, ${TOKEN_LIFE} from components
        where appid = $1 and access_token is not null`,
      values: [platform],
    });
    return rows[0];
  }

  /** When the next target is due, after `write`. */
  async nextDueAt(): Promise<Date | null> {
    const { rows } = await this.client.query<{ at: Date | null }>({
      name: 'next-due-target',
      text: 'select min(due_at) as at from rollout_targets where rollout_id = $1 and due_at is not null',
      values: [this.rollout.id],
    });
    return rows[0]?.at ?? null;
  }

  /** The failure groups, largest first. */
  async failures(limit: number): Promise<FailureGroup[]> {
    return (await listFailures(this.client, this.rollout.id)).slice(0, limit);
  }

  /** The rollout as it is now. */
  async read(): Promise<StoredRollout> {
    const rollout = await readRollout(this.client, this.rollout.id);
    if (rollout === undefined) throw new Error('a locked rollout is gone');
    return rollout;
  }
}

// A worker that is stopped (SIGSTOP) within a turn keeps the rollout locked no longer than this.
const LIMITS = `set local lock_timeout = '1s'; set local statement_timeout = '5s';
  set local idle_in_transaction_session_timeout = '5s'`;

/** The rollout of a turn; `id` is undefined if none was due. */
export interface TurnRun {
  id: string | undefined;
  isAnyLive: boolean;
}

/**
 * Runs one turn of the rollout that is due and was served least recently, in one transaction. Rejects with TurnError; nothing
 * has changed then.
 * @param not rollouts to leave out.
 */
export async function runTurn(
  pool: Pool,
  author: Publisher,
  not: string[],
  run: (turn: Turn) => Promise<unknown>,
): Promise<TurnRun> {
  let id: string | undefined;
  try {
    const { isAnyDue, isAnyLive } = await dueRollouts(pool, not);
    if (!isAnyDue) return { id, isAnyLive };
    await transaction(pool, async (client) => {
      await client.query(LIMITS);
      const rollout = await takeRollout(client, not);
      id = rollout?.id;
      if (rollout !== undefined) await run(await Turn.begin(client, author, rollout));
    });
    return { id, isAnyLive };
  } catch (error) {
    throw new TurnError(id, error);
  }
}
