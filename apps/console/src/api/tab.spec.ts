import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { messageOf, type Rendering, Tab } from './tab.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A response whose browser reads or does not. */
class FakeResponse extends EventEmitter {
  writableNeedDrain = false;
  writableEnded = false;
  isReading = true;
  isDestroyed = false;
  readonly written: string[] = [];

  write(chunk: string | Buffer): boolean {
    if (this.writableEnded) throw new Error('write after end');
    this.written.push(String(chunk));
    this.writableNeedDrain = !this.isReading;
    return this.isReading;
  }

  read(): void {
    this.isReading = true;
    this.writableNeedDrain = false;
    this.emit('drain');
  }

  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }

  end(): void {
    this.writableEnded = true;
    this.writableNeedDrain = false;
    if (this.isReading) this.emit('close');
  }

  cork(): void {}
  uncork(): void {}
}

const message = (html: string) => messageOf('bar', html);
const rendering = (bar: Buffer): Rendering => new Map([['bar', bar]]);

function tab() {
  const response = new FakeResponse();
  const made = new Tab(response as unknown as ServerResponse);
  response.written.length = 0;
  return { tab: made, response };
}

it('A fragment is written once until its message changes', () => {
  const { tab: page, response } = tab();
  const [first, second] = [message('1'), message('2')];
  for (const bar of [first, first, second]) page.show(rendering(bar));
  expect(response.written).toEqual([`${first}`, `${second}`]);
});

it('A browser that does not read is skipped and gets the latest fragments when it reads again', () => {
  const { tab: page, response } = tab();
  response.isReading = false;
  for (const html of ['1', '2', '3']) page.show(rendering(message(html)));
  expect(response.written).toEqual([`${message('1')}`]);
  response.read();
  expect(response.written.slice(1)).toEqual([`${message('3')}`]);
  jest.advanceTimersByTime(40_000);
  expect(response.isDestroyed).toBe(false);
});

it('A browser that reads nothing for 30 seconds is disconnected', () => {
  const { tab: page, response } = tab();
  response.isReading = false;
  page.show(rendering(message('1')));
  jest.advanceTimersByTime(29_900);
  page.show(rendering(message('2')));
  expect(response.isDestroyed).toBe(false);
  jest.advanceTimersByTime(200);
  expect(response.isDestroyed).toBe(true);
});

it('A comment is written every 15 seconds, and none after the end', () => {
  const { tab: page, response } = tab();
  jest.advanceTimersByTime(45_000);
  expect(response.written).toEqual([':\n\n', ':\n\n', ':\n\n']);
  page.close(false);
  jest.advanceTimersByTime(60_000);
  expect(response.written).toHaveLength(3);
  expect(response.writableEnded).toBe(true);
});

it('Only a final end tells the browser not to connect again', () => {
  const [final, passing] = [tab(), tab()];
  final.tab.close(true);
  passing.tab.close(false);
  expect(final.response.written).toEqual(['event: end\ndata: \n\n']);
  expect(passing.response.written).toEqual([]);
});

it('After the end nothing is written to a browser that does not read, which is disconnected after 30 seconds', () => {
  const { tab: page, response } = tab();
  response.isReading = false;
  page.show(rendering(message('1')));
  page.close(false);
  page.show(rendering(message('2')));
  page.close(true);
  expect(response.written).toEqual([`${message('1')}`]);
  jest.advanceTimersByTime(29_900);
  expect(response.isDestroyed).toBe(false);
  jest.advanceTimersByTime(200);
  expect(response.isDestroyed).toBe(true);
});

it('The final end comes after the latest message, which waited for the browser to read', () => {
  const { tab: page, response } = tab();
  response.isReading = false;
  for (const html of ['1', '2']) page.show(rendering(message(html)));
  page.close(true);
  expect(response.written.slice(1)).toEqual([`${message('2')}`, 'event: end\ndata: \n\n']);
});
