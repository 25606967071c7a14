import { parseArgs } from 'node:util';

const MAX_MINUTES = 24 * 60;
const SEEDS = 2 ** 32;
const MAX_FLEET = 10_000;
const LONG_RUN_MINUTES = 3;
const LONG_RUN_FLEET = 2_000;

export const USAGE = `Usage: npm run chaos -- [--minutes M] [--seed S] [--brokers 1|3] [--fleet N] [--rollout N]
                        [--recovery] [--beside FOLDER] [--report FILE] [--history FILE]
  --minutes   duration of load and faults, a decimal up to ${MAX_MINUTES}; default 1.5
  --seed      an integer below 2^32 that reproduces the faults; default random
  --brokers   3: a cluster of three Kafka nodes, one killed at a time, with leader elections; default 1, which is restarted
  --fleet     further mini-programs, at most ${MAX_FLEET}, whose changes wait for the rate limit until after the
              faults; default ${LONG_RUN_FLEET} from ${LONG_RUN_MINUTES} minutes on, otherwise 0
  --rollout   a rollout to this many mini-programs of its own, at most ${MAX_FLEET}; default 0
  --recovery  a failover to a synchronous standby, and later a restore of a base backup that was taken in between
  --beside    a built checkout of another version, which one of the two gateways and one of the two workers run during the
              faults; a rollout starts when these have ended
  --report    writes the result as Markdown too
  --history   writes the collected history as JSON`;

export interface ChaosOptions {
  minutes: number;
  seed: number;
  brokers: 1 | 3;
  /** Number of mini-programs behind the rate limit; 0: no rate limit. */
  fleet: number;
  /** Number of targets of a rollout; 0: none. */
  rollout: number;
  /** A failover and a restore of PostgreSQL are among the faults. */
  recovery: boolean;
  /** The path of a built checkout. */
  otherVersion: string | undefined;
  report: string | undefined;
  history: string | undefined;
}

const OPTIONS = {
  minutes: { type: 'string', default: '1.5' },
  seed: { type: 'string' },
  brokers: { type: 'string', default: '1' },
  fleet: { type: 'string' },
  rollout: { type: 'string', default: '0' },
  recovery: { type: 'boolean', default: false },
  beside: { type: 'string' },
  report: { type: 'string' },
  history: { type: 'string' },
} as const;

/** Parses what follows `npm run chaos --`. Returns a sentence that lists the errors if there are any. */
export function readChaosOptions(args: readonly string[]): ChaosOptions | string {
  const values = parse(args);
  if (typeof values === 'string') return values;
  const { minutes, brokers, rollout, recovery, beside: otherVersion, report, history } = values;
  const { seed = String(Math.floor(Math.random() * SEEDS)) } = values;
  const { fleet = String(Number(minutes) >= LONG_RUN_MINUTES ? LONG_RUN_FLEET : 0) } = values;
  const isWhole = (text: string, most: number) => /^\d+$/.test(text) && Number(text) <= most;
  const isDuration = /^\d+(\.\d+)?$/.test(minutes) && Number(minutes) > 0 && Number(minutes) <= MAX_MINUTES;
  const errors = Object.entries({
    [`--minutes must be above 0, at most ${MAX_MINUTES}`]: isDuration,
    '--seed must be a whole number below 2^32': isWhole(seed, SEEDS - 1),
    '--brokers must be 1 or 3': brokers === '1' || brokers === '3',
    [`--fleet must be a whole number up to ${MAX_FLEET}`]: isWhole(fleet, MAX_FLEET),
    [`--rollout must be a whole number up to ${MAX_FLEET}`]: isWhole(rollout, MAX_FLEET),
    '--beside needs a folder': otherVersion !== '',
    '--report needs a file': report !== '',
    '--history needs a file': history !== '',
  }).flatMap(([error, isRight]) => (isRight ? [] : [error]));
  if (errors.length > 0) return errors.join('; ');
  const numbers = {
    minutes: Number(minutes),
    seed: Number(seed),
    fleet: Number(fleet),
    rollout: Number(rollout),
  };
  return { ...numbers, brokers: brokers === '3' ? 3 : 1, recovery, otherVersion, report, history };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
