import { changedRollouts, raisePublishedIds, strayOperations } from '@wxa/restore';
import type { RestoreTools } from './restore-operations.js';

/**
 * Rollouts are not restored: reports those that an operator must look at. Raises the numbers in the ids of their events, so that
 * subscribers take later events for new ones.
 */
export async function reviewRollouts({ session, report, since }: RestoreTools): Promise<void> {
  await session.transaction(async (client) => {
    report.rollouts = await changedRollouts(client, since);
    report.strayOperations = await strayOperations(client);
    await raisePublishedIds(client);
  });
}
