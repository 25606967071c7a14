import { bound, type Pools, repeated, type Statements } from '@wxa/postgres';
import type { Pool } from 'pg';

/** A running process and the methods that it knows. */
interface Instance {
  id: string;
  app: string;
  version: string;
  methods: string[];
  /** WECHAT_RATE_PER_API, in calls per second; 0: no limit. */
  ratePerApi: number;
}

/** In SQL, whether an instance is a worker that runs: one that has not reported itself for a minute is gone. */
export const IS_RUNNING_WORKER = `app = 'release-worker' and seen_at > now() - interval '60 seconds'`;

const REPORT = `
insert into instances (id, app, version, methods, rate_per_api, seen_at) values ($1, $2, $3, $4, $5, now())
on conflict (id) do update set seen_at = now()`;

/** Stores that a process runs. */
async function reportInstance(pool: Pool, instance: Instance): Promise<void> {
  const { id, app, version, methods, ratePerApi } = instance;
  await pool.query({
    name: 'report-instance',
    text: REPORT,
    values: [id, app, version, methods, ratePerApi],
  });
}

/** Stores that a process has stopped. */
async function removeInstance(pool: Pool, id: string): Promise<void> {
  await pool.query('delete from instances where id = $1', [id]);
}

const READ = `
select version, methods, coalesce(rate_per_api, 0) as "ratePerApi" from instances where ${IS_RUNNING_WORKER}`;

/** The workers that run, as far as is known. */
async function readWorkers(pool: Statements): Promise<Omit<Instance, 'id' | 'app'>[]> {
  const { rows } = await pool.query<Omit<Instance, 'id' | 'app'>>({
    name: 'read-workers',
    text: READ,
  });
  return rows;
}

export type Instances = ReturnType<typeof instancesOn>;

/** The statements of the processes that run. */
export function instancesOn({ calls }: Pools) {
  return {
    ...bound([calls], { report: reportInstance, remove: removeInstance }),
    ...bound([repeated(calls)], { workers: readWorkers }),
  };
}
