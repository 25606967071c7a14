/** What a restore did, in operations; `audits`: opened or ended. */
export interface Counts {
  inserted: number;
  finished: number;
  inDoubt: number;
  requeued: number;
  audits: number;
  conflicts: number;
  contentLost: number;
  unreadable: number;
}

/** Something that an operator must look at. */
export interface Left {
  /** As published; empty if a message does not say. */
  operationId: string;
  appid: string;
  why: string;
  /** In a conflict, the operation in Postgres. */
  storedId?: string;
  /** `topic partition:offset` of a message that was not read. */
  message?: string;
}

/** The result of a restore. */
export interface Report {
  counts: Counts;
  left: Left[];
  /** Operations that were published as ended and are neither in Postgres nor on the commands topic. */
  missing: string[];
}

export function newReport(): Report {
  const counts = {
    inserted: 0,
    finished: 0,
    inDoubt: 0,
    requeued: 0,
    audits: 0,
    conflicts: 0,
    contentLost: 0,
    unreadable: 0,
  };
  return { counts, left: [], missing: [] };
}

const NAMES: Record<keyof Counts, string> = {
  inserted: 'inserted',
  finished: 'finished',
  inDoubt: 'in doubt',
  requeued: 'requeued',
  audits: 'audits',
  conflicts: 'conflicts',
  contentLost: 'content lost',
  unreadable: 'unreadable',
};

/** Unreadable messages that are listed; the others are only counted. */
const MAX_UNREADABLE = 1_000;

/** Reports a message that this version cannot read. */
export function addUnreadable({ counts, left }: Report, message: Required<Omit<Left, 'storedId'>>): void {
  counts.unreadable += 1;
  if (counts.unreadable <= MAX_UNREADABLE) left.push(message);
}

/** Lines that are printed at most for what is left and missing operations; `--json` has all. */
const MAX_LINES = 20;

/** A table of counts, followed by what is left. */
export function table({ counts, left, missing }: Report): string {
  const rows = Object.entries(NAMES).map(
    ([name, label]) => `${label.padEnd(12)} ${String(counts[name as keyof Counts]).padStart(8)}`,
  );
  const lost = missing.map((id) => `missing: ${id}`);
  return [...rows, ...first(left.map(lineOf)), ...first(lost), ...advice(missing)].join('\n');
}

function lineOf({ operationId, storedId, message, appid, why }: Left): string {
  if (message !== undefined) return `unreadable: ${message} of ${appid || 'no mini-program'}: ${why}`;
  return `conflict of ${appid}: published ${operationId}, stored ${storedId}: ${why}`;
}

function first(lines: string[]): string[] {
  const more = lines.length - MAX_LINES;
  return more > 0 ? [...lines.slice(0, MAX_LINES), `… and ${more} more (--json)`] : lines;
}

function advice(missing: string[]): string[] {
  if (missing.length === 0) return [];
  return [
    `${missing.length} operations were published as ended and are missing: --since is later than the time that`,
    'Postgres was restored to. Workers stay stopped: run it again with an earlier --since.',
  ];
}
