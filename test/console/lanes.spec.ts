import { beforeAll, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { useSharedWorld, world } from '../use-world.js';
import { Visitor } from './visitor.js';

useSharedWorld('console');
let visitor: Visitor;
beforeAll(async () => {
  visitor = await Visitor.of(world.stack);
}, 60_000);

it('The page of queues lists mini-programs with unfinished operations and what blocks them', async () => {
  const appid = newAppid();
  await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'hang', when: 'before', times: 0 });
  const head = await world.change('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  const page = await visitor.get('/lanes');
  expect(page.status).toBe(200);
  expect(page.text).toContain(appid);
  expect(page.html.querySelector(`a[href="/operations/${head.id}"]`)).not.toBeNull();
});
