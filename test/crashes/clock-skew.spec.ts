import { expect, it } from '@jest/globals';
import { scrape } from '../metrics/exposition.js';
import { eventually, kill, newAppid, SUCCEEDED, useWorldPerTest } from '../use-world.js';
import type { World } from '../world.js';

/** A Commit may take three times as long. */
const TIMEOUT_MS = 3_000;
const MARGIN_MS = 1_000;

/** Makes the clock of each worker differ from those of Postgres, the gateway and WeChat. */
const shifted = (ms: number) => `
if (process.argv[1]?.includes('release-worker')) {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) { given.length === 0 ? super(Real.now() + ${ms}) : super(...given); }
    static now() { return Real.now() + ${ms}; }
  };
}`;

const start = useWorldPerTest();

/** How many statements the workers have sent to claim operations. */
async function claims(of: World): Promise<number> {
  const series = (await Promise.all(of.stack.addresses.workers.map(scrape))).flatMap((page) => [...page]);
  const claim = 'wxa_postgres_statement_duration_seconds_count{statement="claim"';
  return series.reduce((sum, [name, count]) => sum + (name.startsWith(claim) ? count : 0), 0);
}

// Longer than the lease of a Commit, 10 s.
it.each([12_000, -12_000])(
  'Workers whose clock differs by %i ms from that of Postgres retry without a loop of claims, keep their claims, reconcile, and execute each change once',
  async (skewMs) => {
    const made = await start({
      workers: 2,
      env: {
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shifted(skewMs))}`,
        WECHAT_TIMEOUT_MS: String(TIMEOUT_MS),
        OPERATION_LEASE_MARGIN_MS: String(MARGIN_MS),
        // Longer than what the skew takes from it or adds to it.
        OPERATION_DEADLINE_MS: '60000',
      },
    });
    const [ordinary, busy, lost, held] = [newAppid(), newAppid(), newAppid(), newAppid()];
    const commit = (appid: string) => made.change('Commit', { appid, templateId: 1n, userVersion: '1.0' });
    const effects = async (appid: string) =>
      (await made.sim.calls({ appid, api: 'wxa/commit' })).filter(({ effect }) => effect !== null).length;
    expect(await made.wait((await commit(ordinary)).id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });

    const before = await claims(made);
    await made.sim.addFault({ api: 'wxa/commit', appid: busy, kind: 'errcode', errcode: -1, times: 3 });
    expect(await made.wait((await commit(busy)).id)).toMatchObject({ state: SUCCEEDED, attempts: 4 });
    const claimed = (await claims(made)) - before;
    expect(claimed).toBeGreaterThanOrEqual(4);
    expect(claimed).toBeLessThan(20);

    await made.sim.addFault({ api: 'wxa/commit', appid: lost, kind: 'lost' });
    const { id } = await commit(lost);
    await eventually(async () => expect(await made.get(id)).toMatchObject({ state: SUCCEEDED, attempts: 1 }));

    // The lease of a worker that is killed during its call expires by Postgres's clock, not by that of the other one.
    const fault = await made.sim.addFault({ api: 'wxa/commit', appid: held, kind: 'hang', when: 'before' });
    const { id: inFlight } = await commit(held);
    await eventually(async () => (await made.sim.fault(fault.id)).held === 1);
    const [lease] = await made.sql<{ until: Date }>(
      `select lease_until as until from operations where id = $1 and state = 'RUNNING'`,
      [inFlight],
    );
    await kill(...made.stack.workers);
    await made.sim.releaseFault(fault.id);
    for (const worker of made.stack.workers) await worker.start();
    // The partitions of the killed workers are assigned again after Kafka's session time-out.
    await eventually(async () => expect(await made.get(inFlight)).toMatchObject({ state: SUCCEEDED }));
    const [ended] = await made.sql<{ at: Date }>('select updated_at as at from operations where id = $1', [
      inFlight,
    ]);
    expect(ended?.at.getTime()).toBeGreaterThanOrEqual(lease?.until.getTime() ?? Number.POSITIVE_INFINITY);
    for (const appid of [ordinary, busy, lost, held]) expect(await effects(appid)).toBe(1);
  },
);
