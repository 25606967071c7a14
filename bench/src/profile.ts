import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Stack, temporaryFolder } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import { LightCaller } from './light-caller.js';
import { wave } from './measure.js';
import { type CpuProfile, sharesOf } from './profile/cpu-profile.js';
import type { ProfilePart } from './results.js';
import type { Run } from './run.js';
import { deploy, startServers } from './servers.js';
import { versions } from './versions.js';

const WORKLOAD = { latencyMs: 50, inFlight: 100, count: 200 };
const EVERY_US = 500;

/** What gateway and worker are busy with in a wave as at (a): `node --cpu-prof` of both. */
export async function profile(run: Run): Promise<ProfilePart> {
  return run.part(async () => {
    run.tell('(profile) starting PostgreSQL, Kafka, simulator, gateway and worker …');
    const folder = await temporaryFolder('profile');
    run.started({ stop: () => folder.release() });
    const servers = await startServers(run);
    const nodeFlags = ['--cpu-prof', `--cpu-prof-interval=${EVERY_US}`, `--cpu-prof-dir=${folder.path}`];
    const stack = await deploy(run, servers, { name: 'profile', ...WORKLOAD, nodeFlags });
    const span = await waves(run, stack);
    const { gateway, workers } = stack;
    const pids = { gateway: gateway.pid, worker: workers[0]?.pid ?? 0 };
    // A profile is written when its process ends.
    await stack.stop();
    const read = async (pid: number) => sharesOf(await profileOf(folder.path, pid), span);
    return {
      versions: await versions(servers),
      workload: WORKLOAD,
      operations: span.operations,
      processes: { gateway: await read(pids.gateway), worker: await read(pids.worker) },
    };
  });
}

/** A first one to get warm, and one that counts; when that was, by the clock of the profiles. */
async function waves(run: Run, stack: Stack): Promise<{ from: number; to: number; operations: number }> {
  const caller = new LightCaller(stack.addresses.grpc);
  const sim = new SimControl(stack.addresses.wechat);
  await wave(caller, sim, { ...WORKLOAD, each: 10 });
  const from = microseconds();
  const { operations, operationsPerSecond } = await wave(caller, sim, { ...WORKLOAD, each: 50 });
  const to = microseconds();
  caller.close();
  run.tell(`(profile) ${operations} commits, ${operationsPerSecond}/s while profiled`);
  return { from, to, operations };
}

function microseconds(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

async function profileOf(folder: string, pid: number): Promise<CpuProfile> {
  const name = (await readdir(folder)).find((file) => file.split('.').includes(String(pid)));
  if (name === undefined) throw new Error(`process ${pid} left no profile`);
  return JSON.parse(await readFile(join(folder, name), 'utf8')) as CpuProfile;
}
