import { EventEmitter } from 'node:events';
import type { JsonObject } from '@bufbuild/protobuf';
import { type ClientReadableStream, status as Code } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Feed } from './feed.js';
import type { Rendering } from './tab.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A feed whose stream the test writes, with its viewers. */
function watched(...viewers: ReturnType<typeof viewer>[]) {
  const cancel = jest.fn();
  const stream = Object.assign(new EventEmitter(), { cancel });
  const open = jest.fn(() => stream as unknown as ClientReadableStream<JsonObject>);
  const idle = jest.fn();
  const feed = new Feed(open, idle);
  for (const one of viewers) feed.add(one);
  const show = (id: string, count: number, ms = 1_000) => {
    stream.emit('data', { id, count });
    jest.advanceTimersByTime(ms);
  };
  return { feed, stream, show, cancel, idle };
}

/** A page that notes what it is given. */
function viewer() {
  const shown: Rendering[] = [];
  const closed: boolean[] = [];
  return {
    ...{ shown, closed },
    show: (rendering: Rendering) => void shown.push(rendering),
    close: (isFinal: boolean) => void closed.push(isFinal),
    text: (id: string) => shown.at(-1)?.get(id)?.toString(),
  };
}

it('Ten messages within a second are sent twice, the last time with the last one', () => {
  const page = viewer();
  const { show } = watched(page);
  for (let count = 1; count <= 10; count += 1) show('a', count, 90);
  jest.advanceTimersByTime(1_000);
  expect(page.shown).toHaveLength(2);
  expect(page.text('a')).toBe('event: message\ndata: {"id":"a","count":10}\n\n');
});

it('An object that has not changed keeps its message, so that it is not sent again', () => {
  const page = viewer();
  const { show } = watched(page);
  show('title', 1);
  for (const count of [1, 2]) show('count', count);
  const [, first, second] = page.shown;
  expect(second?.get('title')).toBe(first?.get('title'));
  expect(second?.get('count')).not.toBe(first?.get('count'));
});

it('A page that joins later gets the latest message of all objects at once', () => {
  const { feed, show } = watched(viewer());
  for (const id of ['a', 'b', 'a']) show(id, 1);
  const late = viewer();
  feed.add(late);
  expect([...(late.shown[0]?.keys() ?? [])].sort()).toEqual(['a', 'b']);
});

it('While the stream is stale the pages learn since when, and afterwards that it is not', () => {
  const page = viewer();
  const { stream } = watched(page);
  stream.emit('error', { code: Code.UNAVAILABLE });
  jest.advanceTimersByTime(1_000);
  expect(page.text('connection')).toMatch(/^event: stale\ndata: \{"since":"\d{4}-\d\d-\d\dT[\d:.]+Z"\}\n\n$/);
  stream.emit('metadata');
  jest.advanceTimersByTime(1_000);
  expect(page.text('connection')).toBe('event: live\ndata: \n\n');
});

it('A stream that is opened again begins again: what ended in between is not sent to a page that joins later', () => {
  const { feed, stream, show } = watched(viewer());
  stream.emit('metadata');
  for (const id of ['a', 'b']) show(id, 1);
  stream.emit('error', { code: Code.UNAVAILABLE });
  jest.advanceTimersByTime(1_000);
  stream.emit('metadata');
  show('b', 1);
  const late = viewer();
  feed.add(late);
  expect([...(late.shown[0]?.keys() ?? [])]).toEqual(['connection', 'b']);
});

it('What a stream begins with is sent together with its opening, before the first second has passed', () => {
  const page = viewer();
  const { stream, show } = watched(page);
  stream.emit('metadata');
  for (const id of ['a', 'b']) show(id, 1, 20);
  jest.advanceTimersByTime(200);
  expect(page.shown.map((rendering) => [...rendering.keys()])).toEqual([['connection', 'a', 'b']]);
});

it('The end shows the last message, closes every page for good and ends the stream', () => {
  const page = viewer();
  const { feed, stream, show, cancel, idle } = watched(page);
  show('a', 1, 100);
  show('a', 2, 0);
  stream.emit('end');
  expect(page.text('a')).toContain('2');
  expect(page.closed).toEqual([true]);
  feed.remove(page);
  for (const once of [cancel, idle]) expect(once).toHaveBeenCalledTimes(1);
});

it('When the last page has left, the stream ends', () => {
  const [first, last] = [viewer(), viewer()];
  const { feed, cancel, idle } = watched(first, last);
  feed.remove(first);
  expect(cancel).not.toHaveBeenCalled();
  feed.remove(last);
  for (const once of [cancel, idle]) expect(once).toHaveBeenCalledTimes(1);
});
