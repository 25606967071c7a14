import { world } from './use-tabs.js';

/** A Commit that WeChat executed, and of which neither the answer nor a read said so. */
export async function inDoubt(appid: string): Promise<string> {
  const { id } = await world.run('Commit', { appid, templateId: 1n, userVersion: '2.0' });
  await world.sql(`update operations set state = 'IN_DOUBT', ended_at = null, ask_at = null where id = $1`, [
    id,
  ]);
  return id;
}
