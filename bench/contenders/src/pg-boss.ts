// https://pgboss.io/api/queues: the policy key_strict_fifo keeps the order of each key.
import type { Contender, Job } from '@wxa/bench';
import { PgBoss } from 'pg-boss';

/** Each fetches a batch. With 50, some got no pool connection within 10 s, and their executed jobs were executed again. */
const WORKERS = 10;
/** A job that has failed permanently blocks its key. */
const RETRY = { retryLimit: 5, retryBackoff: true };

export const pgBoss: Contender = {
  async open({ postgres, name }) {
    const boss = await start(postgres);
    await boss.createQueue(name, { policy: 'key_strict_fifo', notify: true, ...RETRY });
    return {
      async add(jobs) {
        await boss.insert(
          name,
          jobs.map((job) => ({ data: job, singletonKey: job.appid })),
        );
      },
      close: () => boss.stop({ graceful: false }),
    };
  },
  async work({ postgres, name, inFlight }, call) {
    const boss = await start(postgres);
    const options = {
      localConcurrency: WORKERS,
      batchSize: inFlight / WORKERS,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: 0.5,
      notifyPollingIntervalSeconds: 0.5,
      perJobResults: true,
    } as const;
    await boss.work<Job>(name, options, (jobs) =>
      Promise.all(
        jobs.map(({ id, data }) =>
          call(data).then(
            () => ({ id, status: 'completed' as const }),
            () => ({ id, status: 'failed' as const }),
          ),
        ),
      ),
    );
  },
};

async function start(connectionString: string): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString, useListenNotify: true, max: 20 });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  return boss;
}
