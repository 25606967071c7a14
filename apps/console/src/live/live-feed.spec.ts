import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Role } from '@wxa/policy';
import { translator } from '../text/text.js';
import type { Look } from '../visit/visit.js';
import {
  LiveFeed,
  type LivePage,
  type LiveSource,
  messageOf,
  type Rendering,
  type Viewer,
} from './live-feed.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

interface View {
  count: number;
  title: string;
}

const look = (language: 'zh' | 'en', role: Role = 'operator'): Look => ({
  ...{ language, timeZone: 'Asia/Shanghai', t: translator(language) },
  session: { role },
});

/** A feed of a page with two fragments, whose source and renderings the test sees. */
function watched() {
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
  return { feed, on: source as Parameters<LiveSource<View>>[0], rendered, endSource, idle, failed };
}

/** A page that notes what it is given. */
function viewer(of: Look = look('zh')) {
  const shown: Rendering[] = [];
  const closed: boolean[] = [];
  const one: Viewer = {
    look: of,
    show: (rendering) => shown.push(rendering),
    close: (isFinal) => closed.push(isFinal),
  };
  const text = (name: string) => shown.at(-1)?.get(name)?.toString();
  return Object.assign(one, { shown, closed, text });
}

describe('LiveFeed', () => {
  it('Ten versions within a second are shown by two renderings, the last of them with the last version', () => {
    const { feed, on, rendered } = watched();
    const page = viewer();
    feed.add(page);
    for (let count = 1; count <= 10; count += 1) {
      on.view({ count, title: 'x' });
      jest.advanceTimersByTime(90);
    }
    jest.advanceTimersByTime(1_000);
    expect(rendered).toHaveLength(2);
    expect(page.text('count')).toBe('event: count\ndata: 10\n\n');
  });

  it('A fragment that has not changed keeps its message, so that it is not sent again', () => {
    const { feed, on } = watched();
    const page = viewer();
    feed.add(page);
    on.view({ count: 1, title: 'x' });
    jest.advanceTimersByTime(1_000);
    on.view({ count: 2, title: 'x' });
    jest.advanceTimersByTime(1_000);
    const [first, second] = page.shown;
    expect(second?.get('title')).toBe(first?.get('title'));
    expect(second?.get('count')).not.toBe(first?.get('count'));
  });

  it('Twenty pages of two languages need two renderings', () => {
    const { feed, on, rendered } = watched();
    const pages = Array.from({ length: 20 }, (_, i) => viewer(look(i % 2 === 0 ? 'zh' : 'en')));
    for (const page of pages) feed.add(page);
    on.view({ count: 1, title: 'x' });
    jest.advanceTimersByTime(1_000);
    expect(rendered.sort()).toEqual(['en', 'zh']);
    expect(pages.map((page) => page.shown.length)).toEqual(pages.map(() => 1));
  });

  it('Pages of different roles do not share a rendering', () => {
    const { feed, on, rendered } = watched();
    for (const role of ['viewer', 'operator'] as const) feed.add(viewer(look('zh', role)));
    on.view({ count: 1, title: 'x' });
    jest.advanceTimersByTime(1_000);
    expect(rendered).toHaveLength(2);
  });

  it('A page that joins later gets all fragments at once', () => {
    const { feed, on } = watched();
    feed.add(viewer());
    on.view({ count: 1, title: 'x' });
    jest.advanceTimersByTime(1_000);
    for (const late of [viewer(), viewer(look('en'))]) {
      feed.add(late);
      expect([...(late.shown[0]?.keys() ?? [])].sort()).toEqual(['count', 'stale', 'title']);
    }
  });

  it('While the source is stale the banner says since when, and afterwards it is empty', () => {
    const { feed, on } = watched();
    const page = viewer();
    feed.add(page);
    on.stale(new Date('2026-10-01T02:52:07Z'));
    jest.advanceTimersByTime(1_000);
    expect(page.text('stale')).toContain('2026-10-01T02:52:07.000Z');
    on.stale(undefined);
    on.view({ count: 1, title: 'x' });
    jest.advanceTimersByTime(1_000);
    expect(page.text('stale')).toBe('event: stale\ndata: \n\n');
  });

  it('The end shows the last version, closes every page for good and ends the source', () => {
    const { feed, on, endSource, idle } = watched();
    const page = viewer();
    feed.add(page);
    on.view({ count: 1, title: 'x' });
    jest.advanceTimersByTime(100);
    on.view({ count: 2, title: 'x' });
    on.ended();
    expect(page.text('count')).toContain('2');
    expect(page.closed).toEqual([true]);
    expect(endSource).toHaveBeenCalledTimes(1);
    expect(idle).toHaveBeenCalledTimes(1);
    feed.remove(page);
    expect(endSource).toHaveBeenCalledTimes(1);
  });

  it('A rendering that fails closes the pages, which connect again, and is reported', () => {
    const { feed, on, failed, endSource } = watched();
    const page = viewer();
    feed.add(page);
    on.view({ count: -1, title: 'x' });
    jest.advanceTimersByTime(1_000);
    expect(failed).toHaveBeenCalledWith(new Error('negative'));
    expect(page.closed).toEqual([false]);
    expect(endSource).toHaveBeenCalledTimes(1);
  });

  it('When the last page has left, the source ends', () => {
    const { feed, endSource, idle } = watched();
    const pages = [viewer(), viewer()];
    for (const page of pages) feed.add(page);
    feed.remove(pages[0] as Viewer);
    expect(endSource).not.toHaveBeenCalled();
    feed.remove(pages[1] as Viewer);
    expect(endSource).toHaveBeenCalledTimes(1);
    expect(idle).toHaveBeenCalledTimes(1);
  });

  it('Every line of a fragment is one of its message, whatever ends the lines', () => {
    expect(messageOf('x', 'a\nb\r\nc\rd').toString()).toBe(
      'event: x\ndata: a\ndata: b\ndata: c\ndata: d\n\n',
    );
  });
});
