// https://docs.bullmq.io: one queue with concurrent jobs. The open-source edition has no order by key.
import type { Contender, Job } from '@wxa/bench';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

const RETRY = { attempts: 5, backoff: { type: 'exponential', delay: 500 }, removeOnComplete: true };

export const bullmq: Contender = {
  async open({ redis, name }) {
    const connection = new Redis(redis);
    const queue = new Queue<Job>(name, { connection });
    await queue.waitUntilReady();
    return {
      async add(jobs) {
        await queue.addBulk(jobs.map((data) => ({ name: 'commit', data, opts: RETRY })));
      },
      async close() {
        await queue.close();
        connection.disconnect();
      },
    };
  },
  async work({ redis, name, inFlight }, call) {
    const connection = new Redis(redis, { maxRetriesPerRequest: null });
    const worker = new Worker<Job>(name, ({ data }) => call(data), { connection, concurrency: inFlight });
    worker.on('error', (error) => console.error(error));
    await worker.waitUntilReady();
  },
};
