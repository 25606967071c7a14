import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OwnCores, SharedCores } from './cpu.js';
import { Timeline } from './timeline.js';

describe('Timeline', () => {
  it('has what was planned happen in the order of time, what is planned meanwhile included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(1000), fc.nat(1000))), async (plans) => {
        const timeline = new Timeline();
        const seen: number[] = [];
        const see = (then: number | undefined): void => {
          seen.push(timeline.now());
          if (then !== undefined) timeline.at(timeline.now() + then, see, undefined);
        };
        for (const [time, then] of plans) timeline.at(time, see, then);
        await timeline.run();
        const wanted = plans.flatMap(([time, then]) => [time, time + then]);
        expect(seen).toEqual(wanted.sort((a, b) => a - b));
      }),
    );
  });

  it('lets who waits for a promise go on before the next event', async () => {
    const timeline = new Timeline();
    const seen: string[] = [];
    const promise = new Promise<void>((resolve) => {
      timeline.after(1, () => {
        resolve();
        timeline.promised();
      });
    });
    void promise.then(() => undefined).then(() => seen.push(`promise at ${timeline.now()}`));
    timeline.after(2, () => seen.push('event'));
    await timeline.run();
    expect(seen).toEqual(['promise at 1', 'event']);
  });

  it('does not call what was cancelled', async () => {
    const timeline = new Timeline();
    const cancel = timeline.after(1, () => {
      throw new Error('called');
    });
    cancel();
    await timeline.run();
  });
});

describe('cores', () => {
  const ends = async (cpus: (timeline: Timeline) => OwnCores | SharedCores, processes: number) => {
    const timeline = new Timeline();
    const made = cpus(timeline);
    const all = Array.from({ length: processes }, () => made.process(1));
    const seen: number[] = [];
    const see = () => void seen.push(timeline.now());
    for (const process of all) for (let i = 0; i < 2; i++) made.spend([[process, 10]], 0, see, undefined);
    await timeline.run();
    return seen;
  };

  it('of their own keep processes apart, each of which does one thing at a time', async () => {
    expect(await ends((timeline) => new OwnCores(timeline), 3)).toEqual([10, 10, 10, 20, 20, 20]);
  });

  it('that are shared are never idle while there is work', async () => {
    expect(await ends((timeline) => new SharedCores(timeline, 2), 3)).toEqual([10, 10, 20, 20, 30, 30]);
    expect(await ends((timeline) => new SharedCores(timeline, 2), 1)).toEqual([10, 20]);
  });
});
