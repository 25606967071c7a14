import type { CallEntry, LedgerEntry, PushEntry } from './ledger-entries.js';
import { LedgerSummary } from './ledger-summary.js';

/** A limit in bytes besides the limit of entries, so that large bodies cannot exhaust the memory. */
const MAX_TEXT = 256 * 1024 * 1024;

/** The clock of the ledger: epoch milliseconds, monotonic. */
export const clock = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000;

/** Requests, responses, effects and callbacks in order; the oldest entries are dropped for new ones. */
export class Ledger {
  readonly summary = new LedgerSummary();
  private readonly ring: (LedgerEntry | undefined)[] = [];
  /** The changes in progress. */
  private readonly changes = new Set<CallEntry>();
  private lastSeq = 0;
  private oldestSeq = 1;
  private clearedSeq = 0;
  private textLength = 0;

  constructor(private readonly capacity: number) {}

  beginCall(call: Pick<CallEntry, 'appid' | 'api' | 'verb' | 'query' | 'contentType'>): CallEntry {
    const open = { body: '', effectAt: null, endedAt: null, errcode: null, effect: null, fault: null };
    const entry: CallEntry = { kind: 'call', seq: 0, startedAt: clock(), ...call, ...open };
    this.add(entry);
    return entry;
  }

  /** Records that an entry is a change of its mini-program, until it ends. */
  beginChange(entry: CallEntry): void {
    if (entry.appid === null || entry.endedAt !== null) return;
    this.changes.add(entry);
    this.summary.changeBegan(entry.appid);
  }

  /** Records the body once it is read; it counts towards the memory limit. */
  setBody(entry: CallEntry, body: string): void {
    entry.body = body;
    if (entry.seq >= this.oldestSeq) this.textLength += body.length;
  }

  setEffect(entry: CallEntry, effect: string): void {
    entry.effect = effect;
    entry.effectAt = clock();
    if (this.isCurrent(entry)) this.summary.effected(entry.appid ?? '', effect);
  }

  /** Ends an entry once, with its errcode; a caller that disconnected earlier has ended it without one. */
  endCall(entry: CallEntry, errcode: number | null): void {
    if (entry.endedAt !== null) return;
    entry.endedAt = clock();
    entry.errcode = errcode;
    if (this.isCurrent(entry)) this.summary.callEnded(entry);
    if (this.changes.delete(entry) && entry.appid !== null) this.summary.changeEnded(entry.appid);
  }

  beginPush(push: Pick<PushEntry, 'appid' | 'event' | 'mode' | 'attempt' | 'version' | 'body'>): PushEntry {
    const open = { endedAt: null, status: null, answer: null };
    const entry: PushEntry = { kind: 'push', seq: 0, startedAt: clock(), ...push, ...open };
    this.add(entry);
    this.textLength += entry.body.length;
    return entry;
  }

  endPush(entry: PushEntry, result: { status: number | null; body: string; reply?: string }): void {
    entry.endedAt = clock();
    entry.status = result.status;
    entry.answer = result.body.slice(0, 1000);
    if (result.reply !== undefined) entry.reply = result.reply.slice(0, 1000);
    if (this.isCurrent(entry)) this.summary.pushEnded(entry);
  }

  /** Calls in progress when the ledger was cleared are not counted afterwards. */
  private isCurrent({ seq }: LedgerEntry): boolean {
    return seq > this.clearedSeq;
  }

  private add(entry: LedgerEntry): void {
    this.lastSeq += 1;
    entry.seq = this.lastSeq;
    while (this.size > this.capacity || (this.textLength > MAX_TEXT && this.size > 1)) this.dropOldest();
    this.ring[entry.seq % this.capacity] = entry;
  }

  private get size(): number {
    return this.lastSeq - this.oldestSeq + 1;
  }

  private dropOldest(): void {
    const index = this.oldestSeq % this.capacity;
    this.textLength -= this.ring[index]?.body.length ?? 0;
    this.ring[index] = undefined;
    this.oldestSeq += 1;
    this.summary.dropped += 1;
  }

  /** The entries after a sequence number, oldest first. */
  read(wanted: {
    appid?: string | undefined;
    api?: string | undefined;
    after: number;
    limit: number;
  }): LedgerEntry[] {
    const found: LedgerEntry[] = [];
    for (let seq = Math.max(wanted.after + 1, this.oldestSeq); seq <= this.lastSeq; seq += 1) {
      const entry = this.ring[seq % this.capacity];
      if (entry && isWanted(entry, wanted)) found.push(entry);
      if (found.length >= wanted.limit) break;
    }
    return found;
  }

  /** Drops everything; sequence numbers continue. */
  clear(): void {
    this.ring.length = 0;
    this.clearedSeq = this.lastSeq;
    this.oldestSeq = this.lastSeq + 1;
    this.textLength = 0;
    this.summary.clear();
  }
}

function isWanted(
  entry: LedgerEntry,
  { appid, api }: { appid?: string | undefined; api?: string | undefined },
): boolean {
  if (appid !== undefined && entry.appid !== appid) return false;
  return api === undefined || (entry.kind === 'call' ? entry.api : 'push') === api;
}
