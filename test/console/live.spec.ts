import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journey, REST } from '../journeys/journey.js';
import { scrape } from '../metrics/exposition.js';
import { newAppids, SHORT_WAITS } from '../rollouts/rollout-steps.js';
import { eventually, World } from '../world.js';
import { Visitor } from './visitor.js';

const PARTS = ['actions', 'bar', 'changes', 'failures', 'feed', 'holds', 'stale', 'waves'];

let world: World;
let visitor: Visitor;
beforeAll(async () => {
  world = await World.start({
    withConsole: true,
    follow: false,
    env: { SIM_AUDIT_DELAY_MS: '0', ...SHORT_WAITS },
  });
  visitor = await Visitor.of(world.stack);
}, 60_000);
afterAll(() => world?.stop(), 60_000);

const rollouts = new Journey(() => world);
const held = (targets: number) =>
  rollouts.create(newAppids(targets), { waves: [{ ...REST, submitGate: { manual: true } }] });

/** A live page as a browser has it: the messages since it was opened. */
class Stream {
  readonly messages: { name: string; html: string; at: number }[] = [];
  readonly #abort = new AbortController();
  isOpen = true;

  static async open(id: string): Promise<Stream> {
    const stream = new Stream();
    const url = new URL(`/rollouts/${id}/live`, world.stack.console?.url);
    const headers = { cookie: `wxa_session=${visitor.cookie('wxa_session')}` };
    const response = await fetch(url, { headers, redirect: 'manual', signal: stream.#abort.signal });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    void stream.#read(response.body as ReadableStream<Uint8Array>);
    return stream;
  }

  names(from = 0): string[] {
    return this.messages.slice(from).map(({ name }) => name);
  }

  last(name: string): string {
    return this.messages.findLast((message) => message.name === name)?.html ?? '';
  }

  /** Waits until a part of the page shows this. */
  until(name: string, text: string | RegExp): Promise<unknown> {
    return eventually(() => expect(this.last(name)).toMatch(text));
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

const pause = (id: string, reason = '') => rollouts.ask('pauseRollout', { id, reason });
const watchStreams = async () => (await scrape(world.stack.addresses.http)).get('wxa_watch_streams');

describe('A live page', () => {
  it('The first messages are all parts of the page as it is, later ones only those that have changed', async () => {
    const { id } = await held(2);
    const stream = await Stream.open(id);
    await eventually(() => expect(stream.names().sort()).toEqual(PARTS));
    const page = await visitor.get(`/rollouts/${id}`);
    for (const name of ['bar', 'waves', 'failures', 'actions'])
      expect(page.html.querySelector(`[sse-swap=${name}]`)?.innerHTML).toBe(stream.last(name));
    const known = stream.messages.length;
    await pause(id, '<b>lunch</b>');
    await stream.until('changes', '&lt;b>lunch');
    expect([...new Set(stream.names(known))].sort()).toEqual(['actions', 'bar', 'changes', 'holds']);
    expect(stream.last('bar')).toContain('已暂停');
    expect(stream.last('actions')).toContain('/resume');
    stream.close();
  });

  it('A change is shown within 1.5 seconds', async () => {
    const { id } = await held(1);
    const stream = await Stream.open(id);
    await eventually(() => stream.messages.length > 0);
    await pause(id);
    const changedAt = performance.now();
    await stream.until('bar', '已暂停');
    expect((stream.messages.findLast(({ name }) => name === 'bar')?.at ?? 0) - changedAt).toBeLessThan(1_500);
    stream.close();
  });

  it('Twenty open pages share one stream of the gateway, which ends with the last of them', async () => {
    const { id } = await held(1);
    const streams = await Promise.all(Array.from({ length: 20 }, () => Stream.open(id)));
    await eventually(() =>
      expect(streams.every(({ messages }) => messages.length >= PARTS.length)).toBe(true),
    );
    expect(await watchStreams()).toBe(1);
    for (const stream of streams) stream.close();
    await eventually(async () => expect(await watchStreams()).toBe(0));
  });

  it('When the rollout ends, its last state is shown and the stream ends for good', async () => {
    const { id } = await held(1);
    const stream = await Stream.open(id);
    await eventually(() => stream.messages.length > 0);
    await rollouts.ask('cancelRollout', { id });
    await eventually(() => expect(stream.isOpen).toBe(false));
    expect(stream.names().at(-1)).toBe('end');
    expect(stream.last('bar')).toContain('已取消');
    expect(stream.last('changes')).toContain('已取消');
  });

  it('While the gateway is away the page says since when, and then it is live again', async () => {
    const [gateway] = world.stack.gateways;
    const { id } = await held(1);
    const stream = await Stream.open(id);
    await eventually(() => stream.messages.length > 0);
    gateway?.kill('SIGKILL');
    await stream.until('stale', /网关自 <time datetime="20.*没有应答/);
    const late = await Stream.open(id);
    await late.until('stale', '没有应答');
    expect(late.last('bar')).toContain('运行中');
    await gateway?.exited;
    await gateway?.start();
    await gateway?.waitReady();
    await stream.until('stale', /^$/);
    await pause(id);
    await stream.until('bar', '已暂停');
    for (const one of [stream, late]) one.close();
  }, 60_000);

  it('An unknown rollout has no live page, and a stream without a login is refused', async () => {
    const stream = await Stream.open('01a21d25-97a2-7026-a56d-55e0f193a55d');
    await eventually(() => expect(stream.names().at(-1)).toBe('end'));
    const url = new URL('/rollouts/x/live', world.stack.console?.url);
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(303);
  });

  it('When the console stops, its streams end without a last word, so that browsers connect again', async () => {
    const { id } = await held(1);
    const stream = await Stream.open(id);
    await eventually(() => stream.messages.length > 0);
    await world.stack.console?.app.stop();
    await eventually(() => expect(stream.isOpen).toBe(false));
    expect(stream.names()).not.toContain('end');
  }, 30_000);
});
