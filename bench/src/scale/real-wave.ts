import { setTimeout as delay } from 'node:timers/promises';
import type { CallEntry, SimControl } from '@wxa/wechat-sim';
import { appidOf } from '../appids.js';
import { withConcurrency } from '../caller.js';
import { clock } from '../measure.js';
import { WaveCaller } from './wave-caller.js';

/** Without a release for so long, something is lost. */
const QUIET_MS = 60_000;

/** Which mini-programs, how many of them at once up to their submission, and how long their audits take. */
export interface WaveShape {
  from: number;
  miniPrograms: number;
  window: number;
  auditMs: number;
}

/**
 * Takes mini-programs through a release by the real gateway, as the simulated caller does: commit and categories, the
 * submission when these are there, and when the audit has ended, its status and the release. Resolves with all calls,
 * in the order of their beginning, when the last release has had its effect. Audits are decided here and pushed to
 * nobody: what pushes cost is measured by itself.
 */
export async function realWave(
  grpc: string,
  sim: SimControl,
  shape: WaveShape,
): Promise<{ tookMs: number; calls: CallEntry[] }> {
  await sim.clearLedger();
  const caller = new WaveCaller(grpc);
  let failed: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => {
    failed = reject;
  });
  const take = async (appid: string) => {
    await caller.commit(appid);
    await caller.categories(appid);
    const { id } = await caller.submitAudit(appid);
    void release(caller, sim, { appid, id, auditMs: shape.auditMs }).catch(failed);
  };
  try {
    const begunAt = clock();
    const appids = Array.from({ length: shape.miniPrograms }, (_, i) => appidOf(shape.from + i));
    const submitted = withConcurrency(appids, shape.window, take);
    await Promise.race([failure, Promise.all([submitted, releases(sim, shape.miniPrograms)])]);
    const calls = (await sim.calls()).sort((a, b) => a.startedAt - b.startedAt);
    const lastAt = calls.reduce((last, { effectAt }) => Math.max(last, effectAt ?? 0), 0);
    return { tookMs: lastAt - begunAt, calls };
  } finally {
    caller.close();
  }
}

async function release(
  caller: WaveCaller,
  sim: SimControl,
  { appid, id, auditMs }: { appid: string; id: string; auditMs: number },
): Promise<void> {
  await caller.end(id);
  await delay(auditMs);
  const { auditId } = await sim.decide(appid, { decision: 'approve', push: { none: true } });
  await caller.auditStatus(appid, BigInt(auditId));
  await caller.release(appid);
}

async function releases(sim: SimControl, count: number): Promise<void> {
  for (let last = { count: 0, at: clock() }; last.count < count; await delay(200)) {
    const { effects } = await sim.summary('');
    const { release = 0 } = effects;
    if (release > last.count) last = { count: release, at: clock() };
    else if (clock() - last.at > QUIET_MS)
      throw new Error(`${release} of ${count} were released, then no more`);
  }
}
