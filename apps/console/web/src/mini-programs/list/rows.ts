import type { MiniProgram } from '../types.js';

/** When something last happened to the versions of a mini-program, as far as the inventory shows it. */
export function lastChangeOf({ live, trial, audit }: MiniProgram): string | undefined {
  const times = [live?.releaseTime, trial?.commitTime, audit?.submitTime, audit?.decideTime];
  return times
    .filter((time) => time !== undefined)
    .toSorted(byTime)
    .at(-1);
}

export function byTime(one: string | undefined, other: string | undefined): number {
  return (one === undefined ? 0 : Date.parse(one)) - (other === undefined ? 0 : Date.parse(other));
}

/** Orders names as people read them: 2.10 comes after 2.9. */
export const byName = (one: string, other: string): number =>
  one.localeCompare(other, 'zh-CN', { numeric: true });

/** What prevents a release and waits for somebody, this service aside. */
export function openItems({ readiness }: Pick<MiniProgram, 'readiness'>) {
  return (readiness?.items ?? []).filter(
    ({ state, acts }) =>
      state === 'READINESS_STATE_MISSING' ||
      (state === 'READINESS_STATE_PENDING' && acts !== 'PARTY_SERVICE'),
  );
}

/** The columns of an exported row, in the order of their heading. */
export const EXPORTED = {
  name: ({ name }) => name,
  appid: ({ appid }) => appid,
  labels: ({ labels }) => labels.join(' '),
  authorization: ({ authorization }) => authorization.replace('AUTHORIZER_STATE_', ''),
  liveVersion: ({ live }) => live?.userVersion ?? '',
  foreign: ({ live }) => (live?.isForeign ? 'yes' : ''),
  gray: ({ grayPercentage }) => (grayPercentage > 0 ? `${grayPercentage}%` : ''),
  trialVersion: ({ trial }) => trial?.userVersion ?? '',
  auditVersion: ({ audit }) => audit?.userVersion ?? '',
  auditState: ({ audit }) => audit?.state.replace('AUDIT_STATE_', '') ?? '',
  lastChange: (one) => lastChangeOf(one) ?? '',
  ready: ({ readiness }) => (readiness?.ready ? 'yes' : ''),
  missing: (one) =>
    openItems(one)
      .map(({ item, acts }) => `${item}:${acts}`.replace(/READINESS_ITEM_TYPE_|PARTY_/g, ''))
      .join(' '),
} satisfies Record<string, (one: MiniProgram) => string>;

/** A CSV file with a mark of UTF-8, without which Excel shows no Chinese. */
export function csvOf(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, ...rows].map((cells) => cells.map(cellOf).join(','));
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

/** A name that begins like a formula is text: Excel would compute it. */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
