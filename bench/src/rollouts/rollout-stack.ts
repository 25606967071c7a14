import { SimControl } from '@wxa/wechat-sim';
import pg from 'pg';
import { runningOurs } from '../contenders/running-contenders.js';
import { deploy, meterOf, type Servers, startServers } from '../load/servers.js';
import { type Sql, sqlOf } from '../load/sql.js';
import type { Run } from '../run.js';
import { RolloutCalls } from './rollout-calls.js';

/** WeChat's waits would hide the time that the service itself takes. */
const NO_WAITS = {
  ROLLOUT_PRIVACY_WAIT_MS: '1',
  ROLLOUT_VERIFY_DELAYS_MS: '1,1000,5000',
  SIM_AUDIT_DELAY_MS: '0',
  // After a lost callback an audit is polled in an hour.
  SIM_PUSH_TIMEOUT_MS: '60000',
};

/** A deployment with what a part of the rollouts measures it by. All of it is stopped with the run. */
export type RolloutStack = Awaited<ReturnType<typeof startRolloutStack>>;

/** @param name of the database and the prefix of the topics; gateway and worker are those of `checkout`, if one is given. */
export async function startRolloutStack(
  run: Run,
  name: string,
  {
    latencyMs = 0,
    workers = 1,
    env = {},
    servers: given,
    checkout,
  }: {
    latencyMs?: number;
    workers?: number;
    env?: NodeJS.ProcessEnv;
    servers?: Servers;
    checkout?: string;
  } = {},
) {
  run.log(`(${name}) starting PostgreSQL, Kafka, simulator, gateway and worker …`);
  const servers = given ?? (await startServers(run, { workers }));
  const options = { latencyMs, inFlight: 200, workers, checkout, env: { ...NO_WAITS, ...env } };
  const stack = await deploy(run, servers, name, options);
  const pool = new pg.Pool({ connectionString: stack.addresses.postgres, max: 2 });
  run.register({ stop: () => pool.end() });
  const calls = run.register(new RolloutCalls(stack.addresses.grpc));
  const meter = run.register(await meterOf(servers, stack, run.register(runningOurs(stack))));
  const sql: Sql = sqlOf(pool);
  return { stack, sql, calls, meter, sim: new SimControl(stack.addresses.wechat) };
}

/** How many operations a rollout has accepted. */
export async function operationsOf(sql: Sql, id: string): Promise<number> {
  const [row] = await sql<{ n: number }>('select count(*)::int as n from operations where rollout_id = $1', [
    id,
  ]);
  return row?.n ?? Number.NaN;
}
