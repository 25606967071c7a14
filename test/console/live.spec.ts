import { beforeAll, expect, it } from '@jest/globals';
import type { Rollout } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { Journey, REST } from '../journeys/journey.js';
import { byLength } from '../length.js';
import { scrape } from '../metrics/exposition.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { ApiUser } from './api-user.js';

// The long form measures what the console takes, on a machine that does nothing else.
const PAGES = byLength({ short: 20, long: 200 });
const CHANGES = byLength({ short: 1, long: 32 });
const ACTIONS = [
  ['pauseRollout', 'ROLLOUT_STATE_PAUSED'],
  ['resumeRollout', 'ROLLOUT_STATE_RUNNING'],
] as const;
const LIMITS = byLength({ short: undefined, long: { p99: 1_500, corePercent: 10, mib: 150 } });

useSharedWorld('console');
let user: ApiUser;
beforeAll(async () => {
  user = await ApiUser.in(world.stack);
  // A recent list of the library refuses rollouts of a template that it does not have; a change of the library makes it stale.
  // Until the first ticket has come, there is no token.
  await eventually(async () => {
    const { state } = await world.run('AddTemplate', { draftId: 1n, templateType: 0 });
    return state === 'OPERATION_STATE_SUCCEEDED';
  });
});

const rollouts = new Journey(() => world);

/** A rollout that waits at its first gate: no turn changes it any more. */
async function held(targets: number): Promise<Rollout> {
  const { id } = await rollouts.create(newAppids(targets), {
    waves: [{ ...REST, submitGate: { manual: true } }],
  });
  return eventually(async () => {
    const rollout = await rollouts.get(id);
    return rollout.holds.length === 1 && rollout;
  });
}

/** A live page as a browser has it: the states that it has shown since it was opened. */
class Stream {
  readonly shown: { state: string; at: number }[] = [];
  readonly #abort = new AbortController();
  ends = '';

  static async open(user: ApiUser, id: string): Promise<Stream> {
    const response = await user.stream('Rollouts/WatchRollout', { id });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const stream = new Stream();
    void stream.#read(response.body as ReadableStream<Uint8Array>);
    return stream;
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = '';
    const texts = body.pipeThrough(new TextDecoderStream(), { signal: this.#abort.signal });
    try {
      for await (const text of texts) {
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.#add(block);
      }
    } catch {}
  }

  #add(block: string): void {
    this.ends = /^event: (.*)$/m.exec(block)?.[1] ?? this.ends;
    const [, data = ''] = /^data: ?(\{.*)$/m.exec(block) ?? [];
    const state = data.startsWith('{"rollout"') && JSON.parse(data).rollout.state;
    if (state) this.shown.push({ state, at: performance.now() });
  }
}

const watchStreams = async () => (await scrape(world.stack.addresses.http)).get('wxa_watch_streams');

async function openStreams(user: ApiUser, id: string): Promise<Stream[]> {
  const streams = await Promise.all(Array.from({ length: PAGES }, () => Stream.open(user, id)));
  await eventually(() => expect(streams.every(({ shown }) => shown.length > 0)).toBe(true));
  return streams;
}

/** Calls an action; returns how long after its response each page shows the state, in milliseconds. */
async function shownAfter(act: () => Promise<unknown>, streams: Stream[], state: string): Promise<number[]> {
  const known = streams.map(({ shown }) => shown.length);
  await act();
  const now = performance.now();
  const arrival = ({ shown }: Stream, i: number) => {
    const at = shown.slice(known[i]).find((one) => one.state === state)?.at;
    return at !== undefined && at - now;
  };
  return Promise.all(streams.map((stream, i) => eventually(() => arrival(stream, i))));
}

/** What the console takes. */
async function resources(): Promise<{ atS: number; cpuS: number; mib: number }> {
  const metrics = await scrape(world.stack.console?.url ?? '');
  const of = (name: string) => metrics.get(name) ?? Number.NaN;
  return {
    atS: performance.now() / 1_000,
    cpuS: of('process_cpu_seconds_total'),
    mib: of('process_resident_memory_bytes') / 1024 ** 2,
  };
}

it(`${PAGES} open pages share one stream of the gateway, which ends with the last of them, and show each change`, async () => {
  const { id } = await held(byLength({ short: 2, long: 600 }));
  // The console ends the streams of earlier pages once it has seen them close.
  await eventually(async () => expect(await watchStreams()).toBe(0));
  let streams = await openStreams(user, id);
  const before = await resources();
  const latencies: number[] = [];
  for (let n = 0; n < CHANGES; n++) {
    if (n === CHANGES / 2) {
      for (const stream of streams) stream.close();
      streams = await openStreams(user, id);
    }
    const [rpc, state] = ACTIONS[n % 2 === 0 ? 0 : 1];
    latencies.push(...(await shownAfter(() => rollouts.ask(rpc, { id }), streams, state)));
  }
  const after = await resources();
  expect(await watchStreams()).toBe(1);
  const p99 = latencies.toSorted((a, b) => a - b)[Math.floor(0.99 * latencies.length)];
  const corePercent = (100 * (after.cpuS - before.cpuS)) / (after.atS - before.atS);
  if (LIMITS) {
    process.stderr.write(`${JSON.stringify({ p99, corePercent, mib: after.mib })}\n`);
    expect(p99).toBeLessThan(LIMITS.p99);
    expect(corePercent).toBeLessThan(LIMITS.corePercent);
    expect(after.mib).toBeLessThan(LIMITS.mib);
  }
  for (const stream of streams) stream.close();
  await eventually(async () => expect(await watchStreams()).toBe(0));
});

it('The stream of an unknown rollout ends', async () => {
  const stream = await Stream.open(user, '01a21d25-97a2-7026-a56d-55e0f193a55d');
  await eventually(() => expect(stream.ends).toBe('end'));
});
