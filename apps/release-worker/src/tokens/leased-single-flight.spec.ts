import { describe, expect, it } from '@jest/globals';
import { LeasedSingleFlight, type Renew, type Task } from './leased-single-flight.js';

const OPTIONS = { leaseMs: 1_000, marginMs: 100, waitMs: 400 };

/** Leases as Postgres gives them, which run out only by `end`. */
class Leases {
  readonly held = new Map<string, string>();
  answerAfterMs = 0;

  async holdLease(name: string, holder: string): Promise<boolean> {
    if (this.answerAfterMs > 0) await new Promise((resolve) => setTimeout(resolve, this.answerAfterMs));
    if (this.held.has(name) && this.held.get(name) !== holder) return false;
    this.held.set(name, holder);
    return true;
  }

  async releaseLease(name: string, holder: string): Promise<void> {
    if (this.held.get(name) === holder) this.held.delete(name);
  }
}

/** Something that two processes want done once; `done` says how often it was. */
function world() {
  const leases = new Leases();
  let [known, done]: [string | undefined, number] = [undefined, 0];
  const gates: (() => void)[] = [];
  const task: Task<string> = {
    read: async () => known,
    run: async (renew) => {
      if (!(await renew())) return 'not sent';
      await new Promise<void>((resolve) => gates.push(resolve));
      done += 1;
      known = `done ${done}`;
      return known;
    },
    timedOut: () => 'late',
  };
  const processes = [
    new LeasedSingleFlight<string>(leases, OPTIONS),
    new LeasedSingleFlight<string>(leases, OPTIONS),
  ] as const;
  const acting = async () => {
    while (gates.length === 0) await new Promise(setImmediate);
    return gates.shift() as () => void;
  };
  return { leases, task, processes, acting, done: () => done };
}

describe('a thing that is to be done once', () => {
  it('is done by one process, and all who came meanwhile get what came of it', async () => {
    const { task, processes, acting, done, leases } = world();
    const asked = Array.from({ length: 20 }, (_, i) => processes[i % 2 === 0 ? 0 : 1].run('a', task));
    (await acting())();
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['done 1']));
    expect(done()).toBe(1);
    expect(leases.held.size).toBe(0);
    expect(await processes[1].run('a', task)).toBe('done 1');
    expect(done()).toBe(1);
  });

  it('is looked for anew by one whom the answer that is under way does not serve', async () => {
    const { task, processes, acting, done } = world();
    const asked = processes[0].run('a', task);
    const end = await acting();
    const read = async () => {
      const known = await task.read();
      return known === 'done 1' ? undefined : known;
    };
    const refused = processes[0].run('a', { ...task, read }, 'done 1');
    end();
    expect(await asked).toBe('done 1');
    (await acting())();
    expect(await refused).toBe('done 2');
    expect(done()).toBe(2);
  });

  it('delays nothing of another name', async () => {
    const { task, processes, acting, done } = world();
    const [a, b] = [processes[0].run('a', task), processes[1].run('b', task)];
    const ends = [await acting(), await acting()];
    for (const end of ends) end();
    await Promise.all([a, b]);
    expect(done()).toBe(2);
  });

  it('is waited for only so long', async () => {
    const { leases, task, processes } = world();
    leases.held.set('a', 'a process that stands still');
    expect(await processes[0].run('a', task)).toBe('late');
  });

  it('goes to the next where the one who held the lease is gone', async () => {
    const { leases, task, processes, acting } = world();
    leases.held.set('a', 'a process that died');
    const asked = processes[0].run('a', task);
    leases.held.delete('a');
    (await acting())();
    expect(await asked).toBe('done 1');
  });

  it('is not begun where the answer about the lease came late: it may be over', async () => {
    const { leases, task, processes } = world();
    const renewed = processes[0].run('a', {
      ...task,
      run: async (renew) => {
        leases.answerAfterMs = 150;
        return (await renew()) ? 'sent' : 'not sent';
      },
    });
    expect(await renewed).toBe('not sent');
  });

  it('learns with each renewal until when the lease is known to hold', async () => {
    const { task, processes } = world();
    const renewals: (number | undefined)[] = [];
    const run = async (renew: Renew) => {
      renewals.push(performance.now(), await renew(), performance.now());
      return 'done';
    };
    await processes[0].run('a', { ...task, run });
    const [before = 0, until, after = 0] = renewals;
    expect(until).toBeGreaterThanOrEqual(before + OPTIONS.leaseMs);
    expect(until).toBeLessThanOrEqual(after + OPTIONS.leaseMs);
  });

  it('gives its lease back where it fails, and the failure to all who wait', async () => {
    const { leases, task, processes } = world();
    const failing = { ...task, run: () => Promise.reject(new Error('Postgres is away')) };
    const asked = [processes[0].run('a', failing), processes[0].run('a', failing)];
    for (const one of asked) await expect(one).rejects.toThrow('Postgres is away');
    expect(leases.held.size).toBe(0);
  });
});

describe('a process that stops', () => {
  it('ends what it does, and begins nothing', async () => {
    const { task, processes, acting, done } = world();
    const asked = processes[0].run('a', task);
    const end = await acting();
    let stopped = false;
    const stop = processes[0].stop().then(() => {
      stopped = true;
    });
    expect(await processes[0].run('b', task)).toBe('late');
    expect(stopped).toBe(false);
    end();
    await stop;
    expect(await asked).toBe('done 1');
    expect(done()).toBe(1);
  });
});
