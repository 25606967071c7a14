import { CONTENDERS, type ContenderInfo, OURS } from '../contenders/contender-list.js';
import type { ComparisonPart, ContenderTurn, Variant } from '../results.js';
import type { Row } from './table.js';

/** The turns of one contender in one variant. */
export type Group = Row<ContenderTurn>;

const VARIANTS: Record<Variant, string> = {
  drain: 'all accepted before the worker started',
  alone: 'without the skewed mini-program',
  empty: 'empty table',
  history: 'with the history',
};

/** The groups in the order of CONTENDERS, those of one contender in the order of its turns. */
export function groupsOf({ turns }: Pick<ComparisonPart, 'turns'>): Group[] {
  return CONTENDERS.flatMap((info) => {
    const groups = new Map<string, Group>();
    for (const turn of turns.filter(({ name }) => name === info.name)) {
      const title = titleOf(info, turn);
      const group = groups.get(title) ?? { title, turns: [] };
      group.turns.push(turn);
      groups.set(title, group);
    }
    return [...groups.values()];
  });
}

function titleOf({ name, title }: ContenderInfo, turn: ContenderTurn): string {
  return [name === OURS ? `**${title}**` : title, ...variantOf(turn)].join('; ');
}

/** What is particular to a turn of this product; empty for the usual one, and for other contenders. */
export function variantOf({ variant, workers }: ContenderTurn): string[] {
  return [
    ...(variant ? [VARIANTS[variant]] : []),
    ...(workers === undefined ? [] : [workers === 1 ? '1 worker' : `${workers} workers`]),
  ];
}

/** The turns of this product in one variant. */
export function ours(part: ComparisonPart | undefined, variant?: Variant, workers?: number): ContenderTurn[] {
  const isWanted = (turn: ContenderTurn) =>
    turn.name === OURS && turn.variant === variant && turn.workers === workers;
  return part?.turns.filter(isWanted) ?? [];
}

/** The ratio of two turns of the same round, for each round that has both. */
export function ratiosByRound<T extends { round: number }>(
  turns: T[],
  others: T[],
  ratio: (turn: T, other: T) => number | undefined,
): number[] {
  return turns.flatMap((turn) => {
    const other = others.find(({ round }) => round === turn.round);
    return (other && ratio(turn, other)) ?? [];
  });
}

/** The ratios of the rates, for each round. */
export function speedUps<T extends { round: number; perSecond: number }>(turns: T[], others: T[]): number[] {
  return ratiosByRound(turns, others, (turn, other) => turn.perSecond / other.perSecond);
}
