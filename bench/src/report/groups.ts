import { type Entry, FIELD, OURS } from '../contenders/field.js';
import type { Part, Turn, Variant } from '../results.js';
import type { Row } from './table.js';

/** The turns of one contender that were measured in one way. */
export type Group = Row<Turn>;

const VARIANTS: Record<Variant, string> = {
  drain: 'all accepted before the worker began',
  alone: 'without the skewed one',
  empty: 'empty table',
  history: 'with the history',
};

/** In the order of FIELD, and of each contender in the order of its turns. */
export function groupsOf({ turns }: Pick<Part, 'turns'>): Group[] {
  return FIELD.flatMap((entry) => {
    const groups = new Map<string, Group>();
    for (const turn of turns.filter(({ name }) => name === entry.name)) {
      const title = titleOf(entry, turn);
      const group = groups.get(title) ?? { title, turns: [] };
      group.turns.push(turn);
      groups.set(title, group);
    }
    return [...groups.values()];
  });
}

function titleOf({ name, what }: Entry, { variant, workers }: Turn): string {
  return [
    name === OURS ? `**${what}**` : what,
    ...(variant ? [VARIANTS[variant]] : []),
    ...(workers === undefined ? [] : [workers === 1 ? '1 worker' : `${workers} workers`]),
  ].join('; ');
}

/** The turns of ours in one way. */
export function ours(part: Part | undefined, variant?: Variant, workers?: number): Turn[] {
  const isWanted = (turn: Turn) => turn.name === OURS && turn.variant === variant && turn.workers === workers;
  return part?.turns.filter(isWanted) ?? [];
}

/** The ratio of two turns, for each round that has both. */
export function against<T extends { round: number }>(
  turns: T[],
  others: T[],
  ratio: (turn: T, other: T) => number | undefined,
): number[] {
  return turns.flatMap((turn) => {
    const other = others.find(({ round }) => round === turn.round);
    return (other && ratio(turn, other)) ?? [];
  });
}

/** How many times as fast. */
export function faster<T extends { round: number; perSecond: number }>(turns: T[], others: T[]): number[] {
  return against(turns, others, (turn, other) => turn.perSecond / other.perSecond);
}
