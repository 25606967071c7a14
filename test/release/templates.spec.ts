import { describe, expect, it } from '@jest/globals';
import type { ListDraftsResponse, ListTemplatesResponse, Operation } from '@wxa/contracts';
import type { FaultOrder } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { refusalOf } from '../gateway/calls.js';
import { useSharedWorld, world } from '../use-world.js';
import { ended } from './change-cases.js';

const COMPONENT = 'wxc0de000000000000';
const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';
const ADD = 'wxa/addtotemplate';
const DELETE = 'wxa/deletetemplate';

useSharedWorld('doubts');

async function templates() {
  return ((await world.call('ListTemplates', {})) as ListTemplatesResponse).templates;
}

async function newest(): Promise<bigint> {
  return (await templates()).at(-1)?.templateId ?? 0n;
}

/** The effects of an API since an entry of the ledger. */
async function effectsSince(after: number, api: string) {
  return (await world.sim.calls({ appid: COMPONENT, api, after })).flatMap(({ effect }) => effect ?? []);
}

async function now(): Promise<number> {
  return (await world.sim.ledger()).at(-1)?.seq ?? 0;
}

const FAULTS: [string, FaultOrder, number][] = [
  ['response was lost', { kind: 'lost', when: 'after' }, 1],
  ['request was lost', { kind: 'reset', when: 'before' }, 2],
];

describe('template library', () => {
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

  it('ListTemplates fails with INVALID_ARGUMENT if the appid is not the platform’s', async () => {
    const refusal = await refusalOf(world.call('ListTemplates', { appid: newAppid() }));
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', violations: [{ field: 'appid' }] });
  });

  it.each([
    [85064, 'ERROR_CATEGORY_REQUEST'],
    [85065, 'ERROR_CATEGORY_QUOTA'],
  ])('AddTemplate fails after one attempt if WeChat answers %i', async (errcode, category) => {
    await world.sim.addFault({ api: ADD, appid: COMPONENT, kind: 'errcode', errcode });
    const failed = await world.run('AddTemplate', { draftId: 1n });
    expect(failed).toMatchObject({
      state: 'OPERATION_STATE_FAILED',
      attempts: 1,
      error: { errcode, category },
    });
  });
});

describe('AddTemplate', () => {
  const busy: (typeof FAULTS)[number] = [
    'response was -1 although it was executed',
    { kind: 'busy', when: 'after' },
    1,
  ];

  it.each([...FAULTS, busy])('An AddTemplate whose %s makes one template', async (_what, fault, attempts) => {
    const after = await now();
    await world.sim.addFault({ api: ADD, appid: COMPONENT, ...fault });
    const { id } = await world.change('AddTemplate', { draftId: 1n });
    expect(await ended(world, id)).toMatchObject({ state: SUCCEEDED, attempts });
    expect(await effectsSince(after, ADD)).toEqual([`add_template ${await newest()}`]);
  });
});

describe('DeleteTemplate', () => {
  const busy: (typeof FAULTS)[number] = [
    'response was -1 although it was executed',
    { kind: 'busy', when: 'after' },
    2,
  ];

  it.each([...FAULTS, busy])(
    'A DeleteTemplate whose %s deletes one template',
    async (_what, fault, attempts) => {
      await world.run('AddTemplate', { draftId: 1n });
      const [after, templateId] = [await now(), await newest()];
      await world.sim.addFault({ api: DELETE, appid: COMPONENT, ...fault });
      const { id } = await world.change('DeleteTemplate', { templateId });
      expect(await ended(world, id)).toMatchObject({ state: SUCCEEDED, attempts });
      expect(await effectsSince(after, DELETE)).toEqual([`delete_template ${templateId}`]);
    },
  );
});
