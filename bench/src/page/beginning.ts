import { PACKAGES } from '../contenders/field.js';
import type { Results } from '../results.js';
import { targets } from './targets.js';

export function beginning(results: Partial<Results>): string[] {
  return [
    '<!-- Generated from bench/results/*.json by `npm run bench -- --only page`, and after every part that is measured. -->',
    '# What the benchmark gave',
    `Ours beside what people would otherwise use ([contenders](contenders)), each written as its own documentation
recommends, with the same PostgreSQL, Kafka and simulator of WeChat, one after the other in interleaved rounds. Caller,
gateway, worker, simulator, PostgreSQL (durable commits) and Kafka share the machine. Told is the middle of all rounds,
in brackets the least and the most. What was tried to make it faster, and what that gave, is in [NOTES.md](NOTES.md).`,
    machines(results),
    '## Targets',
    targets(results),
    `What an operation costs in CPU, by process, stands with each workload${results.profile ? ', and what gateway and worker are busy with [below](#what-gateway-and-worker-are-busy-with)' : ''}.`,
    '## How to read the tables',
    NOT_COMPARABLE,
  ];
}

const NOT_COMPARABLE = `* L is WeChat's time for a call. Efficiency is the shortest time that the longest lane, latency and calls in flight allow,
  over the time it took from the first ask to the last effect, storing included.
* Each turn begins with a warm-up. Order, repetitions and what is missing are told by the simulator's ledger.
* The others get their commits in rounds of one of each mini-program: a round in one call of theirs for many jobs, the next
  when that is stored. That is kind to who keeps no order: the next commit of a mini-program is a whole round behind.
  Where each has but one, order is not asked for.
* Ours are asked for one by one over gRPC, as callers do, which is more work: 400 are under way all the time, one of a
  mini-program at once, the next when that is answered. The mini-programs take turns.
* Who is slow is asked for a share of the jobs, which the table tells, where a turn would take minutes; at (d), (e) and (f)
  the others have a turn in the first round alone. Ours ÷ it is that of turns in one round.
* Ours, graphile-worker and pg-boss have a commit on disk before they say it is stored. Kafka has it in memory, Redis
  syncs once a second, as their documentation recommends or their defaults are.
* graphile-worker runs without its local queue, which would run the jobs of a named queue at once
  (graphile/worker#621), and is 0.17: later ones need Node 22. pg-boss asks for Node 22 too and works with Node 20.
* CPU is that of whole processes, servers' own work in a slow turn included: Kafka's is told also where it has no part.
  The caller is the benchmark itself.`;

/** Machines and versions of all parts; one each, unless parts were run on several. */
function machines(results: Partial<Results>): string {
  const parts = Object.values(results) as { machine?: string; versions?: Record<string, string> }[];
  const known = new Set(parts.flatMap(({ machine }) => (typeof machine === 'string' ? machine : [])));
  const versions = new Map<string, Set<string>>();
  for (const [what, version] of parts.flatMap((part) => Object.entries(part.versions ?? {})))
    versions.set(what, (versions.get(what) ?? new Set()).add(version));
  const order = ['PostgreSQL', 'Kafka', 'redis', '@grpc/grpc-js', ...PACKAGES];
  const told = [...versions]
    .sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))
    .map(([what, all]) => `${what} ${[...all].sort().join(' and ')}`);
  return `${[[...known].join('; '), ...told].filter(Boolean).join(', ')}.`;
}
