import { newAppid } from '../appid.js';
import { type World } from '../world.js';

export const COMMIT = { templateId: 1n, userVersion: '1.0' };

/** Accepts one Commit for each of `count` mini-programs. */
export async function commits(of: World, count: number) {
  const appids = Array.from({ length: count }, newAppid);
  return Promise.all(appids.map((appid) => of.change('Commit', { appid, ...COMMIT })));
}

/** How often each operation's command is on Kafka. */
export function commandCounts(of: World): number[] {
  const counts = new Map<string, number>();
  for (const { json } of of.messages('CodeCommand')) {
    const id = String(json.operationId);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts.values()];
}
