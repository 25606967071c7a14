import { expect, it } from '@jest/globals';
import type { ListDraftsResponse, ListTemplatesResponse, Operation } from '@wxa/contracts';
import type { FaultOrder } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { useSharedWorld, world } from '../use-world.js';
import { COMPONENT, ended } from './change-cases.js';

const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';
const ADD = 'wxa/addtotemplate';
const DELETE = 'wxa/deletetemplate';

useSharedWorld('doubts');

async function templates() {
  return ((await world.call('ListTemplates', {})) as ListTemplatesResponse).templates;
}

it('AddTemplate makes a template of a draft that a Commit can name, and DeleteTemplate deletes it', async () => {
  const { drafts } = (await world.call('ListDrafts', {})) as ListDraftsResponse;
  const [draft] = drafts;
  expect(draft).toMatchObject({ draftId: 1n, userVersion: 'V1.0', developer: '开发者' });
  const added = await world.run('AddTemplate', { draftId: 1n, templateType: 1 });
  expect(added).toMatchObject({ appid: COMPONENT, state: SUCCEEDED, attempts: 1, result: undefined });
  const template = (await templates()).at(-1);
  expect(template).toMatchObject({ draftId: 1n, templateType: 1, userVersion: 'V1.0' });
  const templateId = template?.templateId ?? 0n;
  const commit = await world.run('Commit', { appid: newAppid(), templateId, userVersion: '1' });
  expect(commit).toMatchObject({ state: SUCCEEDED });
  expect(await world.run('DeleteTemplate', { templateId })).toMatchObject({ state: SUCCEEDED });
  expect((await templates()).filter((one) => one.templateId === templateId)).toEqual([]);
  await eventually(() => world.messages('OperationCompleted', COMPONENT).length >= 5);
});

it('AddTemplate with a used request_id returns the same operation, whether the appid is named or not', async () => {
  const request = { requestId: 'add-once', draftId: 2n };
  const first = await world.run('AddTemplate', request);
  const second = (await world.call('AddTemplate', { ...request, appid: COMPONENT })) as Operation;
  expect(second.id).toBe(first.id);
  expect((await templates()).filter(({ draftId }) => draftId === 2n)).toHaveLength(1);
});

it.each<[string, FaultOrder, number, number]>([
  ['response was lost', { kind: 'lost', when: 'after' }, 1, 1],
  ['request was lost', { kind: 'reset', when: 'before' }, 2, 2],
  ['response was -1 although it was executed', { kind: 'busy', when: 'after' }, 1, 2],
])(
  'An AddTemplate or DeleteTemplate whose %s makes or deletes one template',
  async (_what, fault, attemptsOfAdd, attemptsOfDelete) => {
    const after = (await world.sim.ledger()).at(-1)?.seq ?? 0;
    for (const api of [ADD, DELETE]) await world.sim.addFault({ api, appid: COMPONENT, ...fault });
    const added = await world.change('AddTemplate', { draftId: 1n });
    expect(await ended(world, added.id)).toMatchObject({ state: SUCCEEDED, attempts: attemptsOfAdd });
    const { templateId = 0n } = (await templates()).at(-1) ?? {};
    const deleted = await world.change('DeleteTemplate', { templateId });
    expect(await ended(world, deleted.id)).toMatchObject({ state: SUCCEEDED, attempts: attemptsOfDelete });
    const effects = (await world.sim.calls({ appid: COMPONENT, after })).flatMap(
      ({ effect }) => effect ?? [],
    );
    expect(effects).toEqual([`add_template ${templateId}`, `delete_template ${templateId}`]);
  },
);
