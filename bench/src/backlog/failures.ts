import type { Options } from './options.js';
import type { Backlog } from './result.js';

const START_MS = 1_000;
const LEAST_USED = 0.95;
const MOST_MIB = 400;
/** A worker keeps 30,000 operations in memory; some more are being written to Postgres. */
const MOST_OPEN_RECORDS = 40_000;

type Found = Omit<Backlog, 'at' | 'machine' | 'loadBefore' | 'room' | 'failures'>;

/** What does not hold, a sentence for each. */
export function failuresOf(found: Found, { drain }: Options): string[] {
  return [
    ...othersThatWaited(found),
    ...lostOrTwice(found),
    ...heldTooMuch(found),
    ...unless(
      found.used.afterwards >= LEAST_USED,
      `${found.callsPerSecond.afterwards} calls a second, ${found.used.afterwards} of what is given out`,
    ),
    ...unless(
      found.retried.mostOvertaken < 0.5,
      'a retried operation ended after most of those accepted after it',
    ),
    ...unless(
      !drain || found.states.SUCCEEDED === found.commandsTopic.operations,
      `after the drain: ${JSON.stringify(found.states)}`,
    ),
  ];
}

function othersThatWaited({ probes }: Found): string[] {
  const { fresh, others } = probes.acceptedToStartMs;
  const slow = (who: string, most: number) => `${who} began ${most} ms after it was accepted`;
  return [
    ...unless(fresh.most <= START_MS, slow('a query of a new mini-program', fresh.most)),
    ...unless(others.most <= START_MS, slow('a change of a mini-program without commits', others.most)),
    ...unless(
      probes.withoutCall + probes.failed.length === 0,
      `${probes.withoutCall} operations of other APIs had no call; failed: ${probes.failed.join('; ')}`,
    ),
  ];
}

function lostOrTwice({ states, twice, miniProgramsOutOfOrder, commandsTopic }: Found): string[] {
  const ended = Object.keys(states).filter((state) => /^(FAILED|CANCELLED)/.test(state));
  const { operations, records, missing } = commandsTopic;
  return [
    ...unless(ended.length === 0, `ended: ${JSON.stringify(states)}`),
    ...unless(twice === 0, `${twice} commits had their effect twice`),
    ...unless(miniProgramsOutOfOrder === 0, `${miniProgramsOutOfOrder} mini-programs out of order`),
    ...unless(
      missing + commandsTopic.twice === 0 && records === operations,
      `the commands topic: ${JSON.stringify(commandsTopic)}`,
    ),
  ];
}

function heldTooMuch({ workersHeld: { peakMiB, mostOpenRecords } }: Found): string[] {
  return [
    ...unless(Math.max(...peakMiB) < MOST_MIB, `a worker held ${Math.max(...peakMiB)} MiB`),
    ...unless(mostOpenRecords < MOST_OPEN_RECORDS, `a worker had ${mostOpenRecords} records open`),
  ];
}

function unless(holds: boolean, failure: string): string[] {
  return holds ? [] : [failure];
}
