import { eventually } from '../eventually.js';
import type { World } from '../world.js';

/** Adds a template to the library: once the library was read, rollouts of a template that it does not have are refused. */
export async function addTemplate(world: World): Promise<void> {
  // Until the first ticket has come, there is no token.
  await eventually(async () => {
    const { state } = await world.run('AddTemplate', { draftId: 1n, templateType: 0 });
    return state === 'OPERATION_STATE_SUCCEEDED';
  });
}
