import {
  type PostgresStatus,
  type ServerReader,
  type StoredHistory,
  UnverifiedServerError,
} from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import type { ClientBase, Pool } from 'pg';
import type { ClaimRequest } from '../claim.js';
import type { SettlementWithAudits } from '../settle.js';
import type { Evidence, OperationRetention } from './evidence.js';
import {
  type CommandedOperation,
  checkHistory,
  confirmVerified,
  type HeldClaim,
  type HistoryComparison,
  reportLostClaim,
  reportLostOperation,
  type Verdict,
  verifiedAt,
} from './history-state.js';
import { settleForward } from './settle-forward.js';

/** The server of each connection that may claim. */
export class ConnectedServers {
  readonly #identities = new WeakMap<ClientBase, string>();

  constructor(private readonly reader: ServerReader) {}

  /** For a new connection, before its first statement. */
  readonly identify = async (client: ClientBase): Promise<void> => {
    this.#identities.set(client, await this.reader.identityOf(client));
  };

  of(client: ClientBase): string | undefined {
    return this.#identities.get(client);
  }
}

/** Rejects with UnverifiedServerError if the server behind a connection may have lost time: what is to end may have ended. */
export async function rejectLostTime(
  { mayHaveLostTime }: Pick<Publisher, 'mayHaveLostTime'>,
  client: ClientBase,
): Promise<void> {
  if (await mayHaveLostTime?.(client)) throw new UnverifiedServerError();
}

/** What history is checked with. */
export interface HistoryTools {
  pool: Pool;
  publisher: Publisher;
  reader: ServerReader;
  /** Undefined: claims need no verified server. */
  servers: ConnectedServers | undefined;
}

/**
 * Whether Postgres has everything that was published: after a restore or the promotion of a late standby it has lost time.
 * Follows the row `history_state`, as the checks of Postgres read it.
 */
export class History {
  #server: string | undefined;
  #stored: StoredHistory = { identity: null, behind: false, evidence: null };
  readonly #listeners: (() => void)[] = [];

  constructor(private readonly tools: HistoryTools) {}

  /** The server that answers now has been checked, and is not behind. */
  get isVerified(): boolean {
    return !this.isBehind && this.#server !== undefined && this.#server === this.#stored.identity;
  }

  /** Postgres has lost time, and `wxa restore` has not run yet. */
  get isBehind(): boolean {
    return this.#stored.behind;
  }

  /** Postgres is behind, or another server than the verified one answers and is not checked yet. */
  get mayHaveLostTime(): boolean {
    return this.isBehind || (this.#stored.identity !== null && !this.isVerified);
  }

  /**
   * Whether the server behind a connection may have lost time: it is behind, or is not the one that was verified last. A
   * connection may reach a new server before the checks of Postgres notice it.
   */
  readonly mayHaveLostTimeOn = async (client: ClientBase): Promise<boolean> => {
    const { identity, history } = await this.tools.reader.read(client);
    return history.behind || (history.identity !== null && history.identity !== identity);
  };

  /** The server that answered last. */
  get server(): string | undefined {
    return this.#server;
  }

  /** Three examples at most; empty unless it is behind. */
  get evidence(): Evidence[] {
    return (this.#stored.evidence as Evidence[] | null) ?? [];
  }

  /** Calls `listener` whenever `isVerified` or `isBehind` has changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Follows the checks of Postgres. */
  follow({ server }: PostgresStatus): void {
    if (server !== undefined) this.#set(server.identity, server.history);
  }

  /**
   * Checks a server by the latest published outcomes, for all processes. Rejects if Postgres is unavailable, or if another
   * server answers than before they were read.
   */
  async check(comparison: HistoryComparison): Promise<Verdict> {
    const verdict = await checkHistory(this.tools.pool, this.tools.reader, comparison);
    this.#set(this.#server, verdict.stored);
    return verdict;
  }

  /** See `confirmVerified`. */
  confirm(retention: OperationRetention): Promise<void> {
    return confirmVerified(this.tools.pool, this.tools.reader, retention);
  }

  /** See `verifiedAt`. */
  verifiedAt(): Promise<Date | null> {
    return verifiedAt(this.tools.pool);
  }

  /** Reports a claim of this process that Postgres may have forgotten. Returns whether it has. */
  async reportLostClaim(claim: HeldClaim): Promise<boolean> {
    return this.#reported(await reportLostClaim(this.tools.pool, claim));
  }

  /** Reports a command whose operation Postgres does not have. Returns whether that proves lost time. */
  async reportLostOperation(operation: CommandedOperation): Promise<boolean> {
    return this.#reported(await reportLostOperation(this.tools.pool, operation));
  }

  #reported(evidence: Evidence[] | undefined): boolean {
    if (evidence !== undefined) this.#set(this.#server, { ...this.#stored, behind: true, evidence });
    return evidence !== undefined;
  }

  /** See `settleForward`. */
  settleForward(row: SettlementWithAudits, startedAt: Date | null): Promise<boolean> {
    return settleForward(this.tools.pool, this.tools.publisher, row, startedAt);
  }

  /**
   * Throws UnverifiedServerError if a change would be claimed on a connection whose server is not verified: a connection may
   * reach a new server before the checks of Postgres notice it.
   */
  readonly rejectUnverified = (client: ClientBase, claims: readonly ClaimRequest[]): void => {
    const { servers } = this.tools;
    if (servers === undefined || claims.every(({ isChange }) => isChange === false)) return;
    const { behind, identity } = this.#stored;
    if (behind || identity === null || servers.of(client) !== identity) throw new UnverifiedServerError();
  };

  #set(server: string | undefined, stored: StoredHistory): void {
    const before = [this.isVerified, this.isBehind];
    this.#server = server;
    this.#stored = stored;
    if (before[0] === this.isVerified && before[1] === this.isBehind) return;
    for (const listener of this.#listeners) listener();
  }
}
