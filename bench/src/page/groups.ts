import { type Entry, FIELD, OURS } from '../contenders/field.js';
import type { Part, Turn, Variant } from '../results.js';

/** The turns of one contender that were measured in one way. */
export interface Group {
  /** As tables name it. */
  title: string;
  /** As charts name it. */
  label: string;
  entry: Entry;
  variant: Variant | undefined;
  workers: number | undefined;
  turns: Turn[];
}

const VARIANTS: Record<Variant, string> = {
  drain: 'all accepted before the worker began',
  alone: 'without the skewed one',
  empty: 'empty table',
  history: 'with the history',
};

const SHORT: Record<Variant, string> = {
  drain: 'accepted before',
  alone: 'alone',
  empty: 'empty table',
  history: 'with history',
};

/** In the order of FIELD, and of each contender in the order of its turns. */
export function groupsOf({ turns }: Pick<Part, 'turns'>): Group[] {
  return FIELD.flatMap((entry) => {
    const groups = new Map<string, Group>();
    for (const turn of turns) {
      if (turn.name !== entry.name) continue;
      const { variant, workers } = turn;
      const group = groups.get(`${variant} ${workers}`) ?? {
        ...namesOf(entry, turn),
        entry,
        variant,
        workers,
        turns: [],
      };
      group.turns.push(turn);
      groups.set(`${variant} ${workers}`, group);
    }
    return [...groups.values()];
  });
}

function namesOf({ name, what }: Entry, { variant, workers }: Turn): Pick<Group, 'title' | 'label'> {
  const more = workers === undefined ? [] : [workers === 1 ? '1 worker' : `${workers} workers`];
  return {
    title: [name === OURS ? `**${what}**` : what, ...(variant ? [VARIANTS[variant]] : []), ...more].join(
      '; ',
    ),
    // Where the number of workers is told, all of them were measured in one way.
    label: [name, ...(variant && workers === undefined ? [SHORT[variant]] : []), ...more].join(', '),
  };
}

/** The turns of ours in one way. */
export function ours(part: Part, variant?: Variant, workers?: number): Turn[] {
  return part.turns.filter(
    (turn) => turn.name === OURS && turn.variant === variant && turn.workers === workers,
  );
}

export function of(part: Part, name: string): Turn[] {
  return part.turns.filter((turn) => turn.name === name);
}

/** What two turns of one round were against each other. */
export function against(
  turns: Turn[],
  others: Turn[],
  ratio: (turn: Turn, other: Turn) => number | undefined,
): number[] {
  return turns.flatMap((turn) => {
    const other = others.find(({ round }) => round === turn.round);
    const value = other && ratio(turn, other);
    return value === undefined ? [] : [value];
  });
}

/** How many times as fast. */
export function faster(turns: Turn[], others: Turn[]): number[] {
  return against(turns, others, (turn, other) => turn.perSecond / other.perSecond);
}
