import { expect, it } from '@jest/globals';
import type { Rollout } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { Journey, REST } from '../journeys/journey.js';
import { byLength } from '../length.js';
import { scrape } from '../metrics/exposition.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { useVisitor, visitor } from './use-visitor.js';

// The long form measures what the console takes, on a machine that does nothing else.
const PAGES = byLength({ short: 20, long: 200 });
const CHANGES = byLength({ short: 1, long: 32 });
const PAUSE = ['pauseRollout', /summary">.{0,40}>(已暂停|paused)</] as const;
const RESUME = ['resumeRollout', /summary">.{0,40}>(运行中|running)</] as const;
const LIMITS = byLength({ short: undefined, long: { p99: 1_500, corePercent: 10, mib: 150 } });
const PARTS = ['actions', 'bar', 'changes', 'failures', 'feed', 'holds', 'stale', 'waves'];

useSharedWorld('console');
useVisitor({ templates: true });

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

/** A live page as a browser has it: the messages since it was opened. */
class Stream {
  readonly messages: { name: string; html: string; at: number }[] = [];
  readonly #abort = new AbortController();
  isOpen = true;

  static async open(id: string, language = 'zh'): Promise<Stream> {
    const stream = new Stream();
    const url = new URL(`/rollouts/${id}/live`, world.stack.console?.url);
    const cookie = `wxa_session=${visitor.cookie('wxa_session')}; wxa_language=${language}`;
    const response = await fetch(url, { headers: { cookie }, signal: stream.#abort.signal });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    void stream.#read(response.body as ReadableStream<Uint8Array>);
    return stream;
  }

  /** The parts that were sent since a number of messages. */
  names(from = 0): string[] {
    return [...new Set(this.messages.slice(from).map(({ name }) => name))].sort();
  }

  last(name: string): string {
    return this.messages.findLast((message) => message.name === name)?.html ?? '';
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = '';
    try {
      for await (const text of body.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.#add(block);
      }
    } catch {}
    this.isOpen = false;
  }

  #add(block: string): void {
    const [, name] = /^event: (.*)$/m.exec(block) ?? [];
    const html = [...block.matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line).join('\n');
    if (name !== undefined) this.messages.push({ name, html, at: performance.now() });
  }
}

const watchStreams = async () => (await scrape(world.stack.addresses.http)).get('wxa_watch_streams');

/** Opens pages as browsers do, ten at a time: each page, then its stream. */
async function openPages(id: string): Promise<Stream[]> {
  const streams: Stream[] = [];
  while (streams.length < PAGES) {
    await Promise.all(Array.from({ length: 10 }, () => visitor.get(`/rollouts/${id}`)));
    streams.push(...(await openStreams(id, 10)));
  }
  return streams;
}

async function openStreams(id: string, count: number): Promise<Stream[]> {
  const streams = await Promise.all(
    Array.from({ length: count }, (_, i) => Stream.open(id, i % 2 === 0 ? 'zh' : 'en')),
  );
  const isComplete = ({ messages }: Stream) => messages.length >= PARTS.length;
  await eventually(() => expect(streams.every(isComplete)).toBe(true));
  return streams;
}

/** Calls an action; returns how long after its response each page shows the state, in milliseconds. */
async function shownAfter(act: () => Promise<unknown>, streams: Stream[], state: RegExp): Promise<number[]> {
  const known = streams.map(({ messages }) => messages.length);
  await act();
  const now = performance.now();
  const arrival = (stream: Stream, i: number) => {
    const later = stream.messages.slice(known[i]);
    const at = later.find(({ name, html }) => name === 'bar' && state.test(html))?.at;
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

it('The first messages are all parts of the page, later ones those that changed, and the last state ends the stream', async () => {
  const { id } = await held(2);
  const stream = await Stream.open(id);
  await eventually(() => expect(stream.names()).toEqual(PARTS));
  const page = await visitor.get(`/rollouts/${id}`);
  for (const name of ['bar', 'waves', 'failures', 'actions'])
    expect(page.html.querySelector(`[sse-swap=${name}]`)?.innerHTML).toBe(stream.last(name));
  const known = stream.messages.length;
  await rollouts.ask('pauseRollout', { id, reason: '<b>lunch</b>' });
  await eventually(() => {
    expect(stream.last('changes')).toContain('&lt;b>lunch');
    expect(stream.names(known)).toEqual(['actions', 'bar', 'changes', 'holds']);
  });
  expect(stream.last('bar')).toContain('已暂停');
  expect(stream.last('actions')).toContain('/resume');
  await rollouts.ask('cancelRollout', { id });
  await eventually(() => expect(stream.isOpen).toBe(false));
  expect(stream.messages.at(-1)?.name).toBe('end');
  for (const part of ['bar', 'changes']) expect(stream.last(part)).toContain('已取消');
});

it(
  `${PAGES} open pages share one stream of the gateway, which ends with the last of them, and show each change`,
  async () => {
    const { id } = await held(byLength({ short: 2, long: 600 }));
    // The console ends the streams of earlier pages once it has seen them close.
    await eventually(async () => expect(await watchStreams()).toBe(0));
    let streams = await openPages(id);
    const before = await resources();
    const latencies: number[] = [];
    for (let n = 0; n < CHANGES; n++) {
      if (n === CHANGES / 2) {
        for (const stream of streams) stream.close();
        streams = await openStreams(id, PAGES);
      }
      const [rpc, state] = n % 2 === 0 ? PAUSE : RESUME;
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
  },
  byLength({ short: 30_000, long: 300_000 }),
);

it('An unknown rollout has no live page, and a stream without a login is refused', async () => {
  const stream = await Stream.open('01a21d25-97a2-7026-a56d-55e0f193a55d');
  await eventually(() => expect(stream.messages.at(-1)?.name).toBe('end'));
  const url = new URL('/rollouts/x/live', world.stack.console?.url);
  expect((await fetch(url, { redirect: 'manual' })).status).toBe(303);
});
