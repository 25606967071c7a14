// https://worker.graphile.org/docs: jobs of one named queue run one at a time, in order.
import type { Contender, Job } from '@wxa/bench';
import { makeWorkerUtils, run } from 'graphile-worker';

export const graphileWorker: Contender = {
  async open({ postgres: connectionString }) {
    const utils = await makeWorkerUtils({ connectionString });
    await utils.migrate();
    return {
      async add(jobs) {
        await utils.addJobs(
          jobs.map((job) => ({ identifier: 'commit', payload: job, queueName: job.appid })),
        );
      },
      close: async () => utils.release(),
    };
  },
  async work({ postgres: connectionString, inFlight }, call) {
    await run({
      preset: {
        worker: {
          connectionString,
          concurrentJobs: inFlight,
          // The documentation's recommendation for many jobs. No local queue: with one, the jobs of a named queue run
          // concurrently (graphile/worker#621).
          maxPoolSize: inFlight + 2,
          completeJobBatchDelay: 0,
        },
      },
      taskList: { commit: (payload) => call(payload as Job) },
    });
  },
};
