import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { LeasedSingleFlight, type Renew, type Task } from './leased-single-flight.js';

const OPTIONS = { leaseMs: 1_000, marginMs: 100, waitMs: 400 };

/** The clock of the process, which only tests move: no stall of the machine uses up a lease. */
let clock = 0;
beforeEach(() => void jest.spyOn(performance, 'now').mockImplementation(() => clock));
afterEach(() => void jest.restoreAllMocks());

/** Leases as Postgres grants them, which never expire. */
class Leases {
  readonly held = new Map<string, string>();
  answerAfterMs = 0;
  requests = 0;

  async hold(name: string, holder: string): Promise<boolean> {
    this.requests += 1;
    clock += this.answerAfterMs;
    if (this.held.has(name) && this.held.get(name) !== holder) return false;
    this.held.set(name, holder);
    return true;
  }

  async release(name: string, holder: string): Promise<void> {
    if (this.held.get(name) === holder) this.held.delete(name);
  }
}

/** Two processes with one task; `done` returns how often it ran. */
function world() {
  const leases = new Leases();
  let [known, done]: [string | undefined, number] = [undefined, 0];
  const gates: (() => void)[] = [];
  const taskThat = (read: Task<string>['read']): Task<string> => ({
    read,
    run: async (renew) => {
      const stored = await read();
      if (stored !== undefined) return stored;
      if (!(await renew())) return 'not sent';
      await new Promise<void>((resolve) => gates.push(resolve));
      done += 1;
      known = `done ${done}`;
      return known;
    },
    timedOut: () => 'late',
  });
  const task = taskThat(async () => known);
  const process = () => new LeasedSingleFlight<string>({ leases }, OPTIONS);
  const processes = [process(), process()] as const;
  const nextRun = async () => {
    while (gates.length === 0) await new Promise(setImmediate);
    return gates.shift() as () => void;
  };
  return { leases, task, taskThat, processes, nextRun, done: () => done };
}

it('A task runs in one process, and all concurrent callers get its result.', async () => {
  const { task, processes, nextRun, done, leases } = world();
  const requested = Array.from({ length: 20 }, (_, i) => processes[i % 2 === 0 ? 0 : 1].run('a', task));
  (await nextRun())();
  expect(new Set(await Promise.all(requested))).toEqual(new Set(['done 1']));
  expect(done()).toBe(1);
  expect(leases.held.size).toBe(0);
  expect(await processes[1].run('a', task)).toBe('done 1');
  expect(done()).toBe(1);
});

it('A caller with another variant runs the task again after the running one.', async () => {
  const { task, taskThat, processes, nextRun, done } = world();
  const requested = processes[0].run('a', task);
  const end = await nextRun();
  const read = async () => {
    const known = await task.read();
    return known === 'done 1' ? undefined : known;
  };
  const other = processes[0].run('a', taskThat(read), 'done 1');
  end();
  expect(await requested).toBe('done 1');
  (await nextRun())();
  expect(await other).toBe('done 2');
  expect(done()).toBe(2);
});

it('Tasks with different names run concurrently.', async () => {
  const { task, processes, nextRun, done } = world();
  const [a, b] = [processes[0].run('a', task), processes[1].run('b', task)];
  const ends = [await nextRun(), await nextRun()];
  for (const end of ends) end();
  await Promise.all([a, b]);
  expect(done()).toBe(2);
});

it('A caller gets timedOut if another process holds the lease for longer than waitMs, and runs the task once it is released.', async () => {
  const { leases, task, taskThat, processes, nextRun } = world();
  leases.held.set('a', 'a stalled process');
  let reads = 0;
  const read = async () => {
    reads += 1;
    clock += OPTIONS.waitMs / 2 + 1;
    return undefined;
  };
  expect(await processes[0].run('a', taskThat(read))).toBe('late');
  expect(reads).toBe(2);
  const requested = processes[0].run('a', task);
  leases.held.delete('a');
  (await nextRun())();
  expect(await requested).toBe('done 1');
});

it('A lease whose renewal took longer than the margin is not used, because it may have expired.', async () => {
  const { leases, task, processes } = world();
  const run = async (renew: Renew) => {
    await renew();
    leases.answerAfterMs = OPTIONS.marginMs + 1;
    return (await renew()) ? 'sent' : 'not sent';
  };
  expect(await processes[0].run('a', { ...task, run })).toBe('not sent');
});

it('One call is covered by the lease as it was taken, unless that was longer ago than the margin.', async () => {
  const { leases, task, processes } = world();
  const requestsAfter = async (ms: number, calls: number) => {
    leases.requests = 0;
    const run = async (renew: Renew) => {
      clock += ms;
      for (let i = 0; i < calls; i += 1) expect(await renew()).toBeGreaterThan(performance.now());
      return 'done';
    };
    await processes[0].run('a', { ...task, run });
    return leases.requests;
  };
  expect(await requestsAfter(OPTIONS.marginMs, 1)).toBe(1);
  expect(await requestsAfter(0, 2)).toBe(2);
  expect(await requestsAfter(OPTIONS.marginMs + 1, 1)).toBe(2);
});

it('A renewal returns the time until which the lease is valid.', async () => {
  const { leases, task, processes } = world();
  const run = async (renew: Renew) => {
    await renew();
    clock += OPTIONS.leaseMs;
    const requestedAt = clock;
    leases.answerAfterMs = OPTIONS.marginMs;
    expect(await renew()).toBe(requestedAt + OPTIONS.leaseMs);
    return 'done';
  };
  expect(await processes[0].run('a', { ...task, run })).toBe('done');
});

it('A failed task releases its lease and rejects for all callers.', async () => {
  const { leases, task, processes } = world();
  const failing = { ...task, run: () => Promise.reject(new Error('Postgres is unavailable')) };
  const requested = [processes[0].run('a', failing), processes[0].run('a', failing)];
  for (const one of requested) await expect(one).rejects.toThrow('Postgres is unavailable');
  expect(leases.held.size).toBe(0);
});

it('LeasedSingleFlight.stop waits for the running task, and later callers get timedOut.', async () => {
  const { task, processes, nextRun, done } = world();
  const requested = processes[0].run('a', task);
  const end = await nextRun();
  const stopped = processes[0].stop().then(done);
  expect(await processes[0].run('b', task)).toBe('late');
  end();
  expect(await Promise.all([requested, stopped])).toEqual(['done 1', 1]);
});
