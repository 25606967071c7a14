import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Role } from '@wxa/policy';
import { translator } from '../text/text.js';
import type { Look } from '../visit/visit.js';
import { LiveFeed, type LivePage, type LiveSource, messageOf, type Rendering } from './live-feed.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

type View = { count: number; title: string };

const look = (language: 'zh' | 'en', role: Role = 'operator'): Look => ({
  ...{ language, timeZone: 'Asia/Shanghai', t: translator(language) },
  session: { role },
});

/** A feed of a page with two fragments, whose source and renderings the test sees, with its viewers. */
function watched(...viewers: ReturnType<typeof viewer>[]) {
  let source: Parameters<LiveSource<View>>[0] | undefined;
  const rendered: string[] = [];
  const endSource = jest.fn();
  const idle = jest.fn();
  const failed = jest.fn();
  const page: LivePage<View> = {
    watch(on) {
      source = on;
      return endSource;
    },
    render({ count, title }, { language }) {
      rendered.push(language);
      if (count < 0) throw new Error('negative');
      return { count: `${count}`, title };
    },
    renderStale: (since) => since?.toISOString() ?? '',
  };
  const feed = new LiveFeed(page, { idle, failed });
  for (const one of viewers) feed.add(one);
  const on = source as Parameters<LiveSource<View>>[0];
  const show = (count: number, ms = 1_000) => {
    on.view({ count, title: 'x' });
    jest.advanceTimersByTime(ms);
  };
  return { feed, on, show, rendered, endSource, idle, failed };
}

/** A page that notes what it is given. */
function viewer(of: Look = look('zh')) {
  const shown: Rendering[] = [];
  const closed: boolean[] = [];
  return {
    ...{ look: of, shown, closed },
    show: (rendering: Rendering) => void shown.push(rendering),
    close: (isFinal: boolean) => void closed.push(isFinal),
    text: (name: string) => shown.at(-1)?.get(name)?.toString(),
  };
}

it('Ten versions within a second are shown by two renderings, the last of them with the last version', () => {
  const page = viewer();
  const { show, rendered } = watched(page);
  for (let count = 1; count <= 10; count += 1) show(count, 90);
  jest.advanceTimersByTime(1_000);
  expect(rendered).toHaveLength(2);
  expect(page.text('count')).toBe('event: count\ndata: 10\n\n');
});

it('A fragment that has not changed keeps its message, so that it is not sent again', () => {
  const page = viewer();
  const { show } = watched(page);
  for (const count of [1, 2]) show(count);
  const [first, second] = page.shown;
  expect(second?.get('title')).toBe(first?.get('title'));
  expect(second?.get('count')).not.toBe(first?.get('count'));
});

it('Pages share a rendering if their languages and roles are the same', () => {
  const looks = [look('zh'), look('en'), look('zh', 'viewer')];
  const pages = Array.from({ length: 30 }, (_, i) => viewer(looks[i % 3]));
  const { show, rendered } = watched(...pages);
  show(1);
  expect(rendered.sort()).toEqual(['en', 'zh', 'zh']);
  expect(pages.map((page) => page.shown.length)).toEqual(pages.map(() => 1));
});

it('A page that joins later gets all fragments at once', () => {
  const { feed, show } = watched(viewer());
  show(1);
  for (const late of [viewer(), viewer(look('en'))]) {
    feed.add(late);
    expect([...(late.shown[0]?.keys() ?? [])].sort()).toEqual(['count', 'stale', 'title']);
  }
});

it('While the source is stale the banner says since when, and afterwards it is empty', () => {
  const page = viewer();
  const { on, show } = watched(page);
  on.stale(new Date('2026-10-01T02:52:07Z'));
  jest.advanceTimersByTime(1_000);
  expect(page.text('stale')).toContain('2026-10-01T02:52:07.000Z');
  on.stale(undefined);
  show(1);
  expect(page.text('stale')).toBe('event: stale\ndata: \n\n');
});

it('The end shows the last version, closes every page for good and ends the source', () => {
  const page = viewer();
  const { feed, on, show, endSource, idle } = watched(page);
  show(1, 100);
  show(2, 0);
  on.ended();
  expect(page.text('count')).toContain('2');
  expect(page.closed).toEqual([true]);
  feed.remove(page);
  for (const once of [endSource, idle]) expect(once).toHaveBeenCalledTimes(1);
});

it('A rendering that fails closes the pages, which connect again, and is reported', () => {
  const page = viewer();
  const { show, failed, endSource } = watched(page);
  show(-1);
  expect(failed).toHaveBeenCalledWith(new Error('negative'));
  expect(page.closed).toEqual([false]);
  expect(endSource).toHaveBeenCalledTimes(1);
});

it('When the last page has left, the source ends', () => {
  const [first, last] = [viewer(), viewer()];
  const { feed, endSource, idle } = watched(first, last);
  feed.remove(first);
  expect(endSource).not.toHaveBeenCalled();
  feed.remove(last);
  for (const once of [endSource, idle]) expect(once).toHaveBeenCalledTimes(1);
});

it('Every line of a fragment is one of its message, whatever ends the lines', () => {
  const message = 'event: x\ndata: a\ndata: b\ndata: c\ndata: d\n\n';
  expect(messageOf('x', 'a\nb\r\nc\rd').toString()).toBe(message);
});
