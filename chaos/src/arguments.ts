import { parseArgs } from 'node:util';

const MOST_MINUTES = 24 * 60;
const SEEDS = 2 ** 32;

export const USAGE = `Usage: npm run chaos -- [--minutes M] [--seed S] [--brokers 1|3] [--report FILE] [--history FILE]
  --minutes   how long load and faults go on, a decimal up to ${MOST_MINUTES}; default 1.5
  --seed      a whole number below 2^32: the same one gives the same faults; default a new one
  --brokers   3: a cluster of three Kafka nodes, one killed at a time; default 1, which is restarted
  --report    also writes the result as Markdown
  --history   also writes all that was gathered, as JSON`;

export interface Arguments {
  minutes: number;
  seed: number;
  brokers: 1 | 3;
  report: string | undefined;
  history: string | undefined;
}

/** What follows `npm run chaos --`; a sentence about what is wrong with it where something is. */
export function readArguments(args: readonly string[]): Arguments | string {
  const values = parse(args);
  if (typeof values === 'string') return values;
  const { minutes, seed = String(Math.floor(Math.random() * SEEDS)), brokers, report, history } = values;
  const faults = [
    isDecimal(minutes, MOST_MINUTES) ? '' : `--minutes must be above 0, at most ${MOST_MINUTES}`,
    /^\d+$/.test(seed) && Number(seed) < SEEDS ? '' : '--seed must be a whole number below 2^32',
    brokers === '1' || brokers === '3' ? '' : '--brokers must be 1 or 3',
    report === '' ? '--report needs a file' : '',
    history === '' ? '--history needs a file' : '',
  ].filter(Boolean);
  if (faults.length > 0) return faults.join('; ');
  return { minutes: Number(minutes), seed: Number(seed), brokers: brokers === '3' ? 3 : 1, report, history };
}

function isDecimal(text: string, most: number): boolean {
  return /^\d+(\.\d+)?$/.test(text) && Number(text) > 0 && Number(text) <= most;
}

function parse(args: readonly string[]) {
  const options = {
    minutes: { type: 'string', default: '1.5' },
    seed: { type: 'string' },
    brokers: { type: 'string', default: '1' },
    report: { type: 'string' },
    history: { type: 'string' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
