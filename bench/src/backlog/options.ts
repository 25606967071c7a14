import { parseArgs } from 'node:util';

/** What a run is asked for. */
export interface Options {
  operations: number;
  /** Commits of each mini-program. */
  each: number;
  /** How long the backlog is watched after all were accepted. */
  minutes: number;
  workers: number;
  /** Goes on until all have ended. */
  drain: boolean;
}

const USAGE =
  'usage: npm run bench -- --only backlog [--operations N] [--each N] [--minutes M] [--workers N] [--drain]';

export function optionsOf(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        operations: { type: 'string', default: '200000' },
        each: { type: 'string', default: '10' },
        minutes: { type: 'string', default: '5' },
        workers: { type: 'string', default: '1' },
        drain: { type: 'boolean', default: false },
      },
    });
    const { operations, each, minutes, workers, drain } = values;
    return {
      operations: whole(operations),
      each: whole(each),
      minutes: positive(minutes),
      workers: whole(workers),
      drain,
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(64);
  }
}

function whole(given: string): number {
  const value = positive(given);
  if (Number.isInteger(value)) return value;
  throw new Error(`${given} is not a whole number`);
}

function positive(given: string): number {
  const value = Number(given);
  if (value > 0) return value;
  throw new Error(`${given} is not a positive number`);
}
