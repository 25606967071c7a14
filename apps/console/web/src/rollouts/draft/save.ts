import { call } from '../../api/call.js';
import type { Rollout } from '../types.js';
import { type PastedTexts, targetsOf } from './pasted.js';

/** Targets in one call of AddRolloutTargets, and the bytes of their patches. */
const BATCH = { targets: 5_000, bytes: 700_000 };

/** Adds targets to a draft, in batches; targets that it has already get the new overrides. */
export async function addTargets(id: string, texts: PastedTexts): Promise<void> {
  const targets = targetsOf(texts);
  for (let start = 0; start < targets.length; ) {
    let [end, bytes] = [start, 0];
    for (; end < targets.length && end - start < BATCH.targets; end++) {
      bytes += 3 * (targets[end]?.extPatchJson.length ?? 0);
      if (bytes > BATCH.bytes && end > start) break;
    }
    await call('Rollouts/AddRolloutTargets', { id, targets: targets.slice(start, end) });
    start = end;
  }
}

/** The appids of a rollout's targets; of those in one state, if it is given. */
export async function appidsOf(id: string, state: string): Promise<string[]> {
  const appids: string[] = [];
  const states = state === 'FAILED' ? (['ROLLOUT_TARGET_STATE_FAILED'] as const) : [];
  for (let pageToken = ''; ; ) {
    const request = { id, filter: { states: [...states] }, pageSize: 500, pageToken };
    const page = await call('Rollouts/ListRolloutTargets', request);
    appids.push(...page.targets.map(({ appid }) => appid));
    pageToken = page.nextPageToken;
    if (pageToken === '') return appids;
  }
}

/** What is saved of a draft, and the latest entry of its journal that is certainly part of it. */
export interface Saved {
  seq: string;
  spec: Rollout['spec'];
}

/** Reads a draft after its journal: a change in between is taken for a later one, not for one that is part of it. */
export async function savedDraft(id: string): Promise<Saved> {
  const { changes } = await call('Rollouts/ListRolloutChanges', { id, pageSize: 1 });
  const { spec } = await call('Rollouts/GetRollout', { id });
  return { seq: changes[0]?.seq ?? '0', spec };
}

/** The latest change of a draft by somebody else that came after `seq`. */
export async function foreignChange(id: string, seq: string, me: string) {
  const { changes } = await call('Rollouts/ListRolloutChanges', { id, pageSize: 20 });
  const foreign = changes.find(
    (change) => BigInt(change.seq) > BigInt(seq) && (change.onBehalfOf || change.caller) !== me,
  );
  return { foreign, seq: changes[0]?.seq ?? '0' };
}
