import { beforeAll } from '@jest/globals';
import { eventually } from '../eventually.js';
import { world } from '../use-world.js';
import { type Page, Visitor } from './visitor.js';

/** The operator of `world`, logged in to its console. */
export let visitor: Visitor;

/** Sets `visitor` before the tests of a spec file; `templates` adds one to the library, which rollouts need. */
export function useVisitor({ templates = false } = {}): void {
  beforeAll(async () => {
    visitor = await Visitor.of(world.stack);
    if (templates) await addTemplate();
  }, 90_000);
}

/** A recent list of the library refuses rollouts of a template that it does not have; a change of the library makes it stale. */
function addTemplate(): Promise<unknown> {
  // Until the first ticket has come, there is no token.
  return eventually(async () => {
    const { state } = await world.run('AddTemplate', { draftId: 1n, templateType: 0 });
    return state === 'OPERATION_STATE_SUCCEEDED';
  });
}

/** The operator's page at a path, once it satisfies the expectation. */
export function pageWith(path: string, expectation: (page: Page) => void): Promise<Page> {
  return eventually(async () => {
    const page = await visitor.get(path);
    expectation(page);
    return page;
  });
}
