import { expect, it } from '@jest/globals';
import { FairQueue, QueueFull } from './fair-queue.js';

/** Tasks that a test ends, and the names of those that were begun. */
function tasksIn(queue: FairQueue) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (key: string, name: string) =>
    queue.run(
      key,
      () =>
        new Promise<string>((resolve) => {
          begun.push(name);
          ends.set(name, () => resolve(name));
        }),
    );
  return { begun, run, end: (name: string) => ends.get(name)?.() };
}

it('A key that runs as many tasks as it may leaves room for another', () => {
  const { begun, run } = tasksIn(new FairQueue({ running: 3, runningOfKey: 2, waiting: 100 }));
  for (const name of ['a1', 'a2', 'a3', 'a4']) void run('a', name);
  expect(begun).toEqual(['a1', 'a2']);
  void run('b', 'b1');
  expect(begun).toEqual(['a1', 'a2', 'b1']);
});

it('Keys take turns, and a task that fails makes room for the next one', async () => {
  const queue = new FairQueue({ running: 1, runningOfKey: 1, waiting: 100 });
  const { begun, run, end } = tasksIn(queue);
  const failed = queue.run('a', () => Promise.reject(new Error('failed')));
  const all = ['a1', 'a2', 'b1', 'b2'].map((name) => run(name.charAt(0), name));
  await expect(failed).rejects.toThrow('failed');
  for (const [i, name] of ['a1', 'b1', 'a2', 'b2'].entries()) {
    expect(begun[i]).toBe(name);
    end(name);
    await all[['a1', 'a2', 'b1', 'b2'].indexOf(name)];
    await Promise.resolve();
  }
});

it('A task that comes when the queue is full is rejected', async () => {
  const { run, end } = tasksIn(new FairQueue({ running: 1, runningOfKey: 1, waiting: 1 }));
  const first = run('a', 'first');
  void run('a', 'second');
  await expect(run('b', 'third')).rejects.toBeInstanceOf(QueueFull);
  end('first');
  expect(await first).toBe('first');
});
