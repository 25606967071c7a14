import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { ListDraftsResponse, ListTemplatesResponse, Operation } from '@wxa/contracts';
import { refusalOf } from '../gateway/calls.js';
import { eventually, newAppid, SUCCEEDED, useSharedWorld, world } from '../use-world.js';
import { COMPONENT } from './change-cases.js';

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
  expect(template?.use).toEqual({ liveMiniPrograms: 0n, rolloutIds: [] });
  expect(template).toMatchObject({ draftId: 1n, templateType: 1, userVersion: 'V1.0' });
  const templateId = template?.templateId ?? 0n;
  const commit = await world.run('Commit', { appid: newAppid(), templateId, userVersion: '1' });
  expect(commit).toMatchObject({ state: SUCCEEDED });
  // As if a mini-program ran it, and a rollout were to commit it.
  const [user, rollout] = [newAppid(), randomUUID()];
  await world.sql(`insert into authorizers (appid, state) values ($1, 'UNAUTHORIZED')`, [user]);
  await world.sql('insert into mini_programs (appid, live_version, live_template) values ($1, 1, $2)', [
    user,
    templateId,
  ]);
  await world.sql(
    `insert into rollouts (id, caller, request_id, request_hash, spec, state, last_turn_at, created_at, updated_at)
     values ($1::uuid, '', 'used', '', $2, 'PAUSED', now(), now(), now())`,
    [rollout, JSON.stringify({ templateId: String(templateId) })],
  );
  const use = { liveMiniPrograms: 1n, rolloutIds: [rollout] };
  expect((await templates()).at(-1)?.use).toEqual(use);
  await world.sql('delete from rollouts where id = $1', [rollout]);
  await world.sql('delete from authorizers where appid = $1', [user]);
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

/** Steps by their numbers: the one that commits code of a template, and a later one. */
const [COMMIT, AUDIT] = [1, 4];

interface UsingRollout {
  state?: string;
  open?: boolean;
  spec?: object;
  count: [step: number, state: string];
}

it.each<[string, boolean, UsingRollout]>([
  ['has targets to commit', true, { count: [COMMIT, 'PENDING'] }],
  ['may commit a failed target again', true, { count: [COMMIT, 'FAILED'] }],
  ['takes in newcomers', true, { open: true, count: [AUDIT, 'WAITING'] }],
  ['has committed all targets', false, { count: [AUDIT, 'WAITING'] }],
  ['is a draft', false, { state: 'DRAFT', count: [COMMIT, 'PENDING'] }],
  [
    'begins after the commit',
    false,
    { spec: { firstStep: 'ROLLOUT_STEP_CHECK' }, open: true, count: [AUDIT, 'WAITING'] },
  ],
])(
  'While a rollout of its template %s, whether DeleteTemplate is refused is %p',
  async (_, isRefused, rollout) => {
    const { state = 'PAUSED', open = false, spec = {}, count } = rollout;
    const id = randomUUID();
    if ((await templates()).length === 0) await world.run('AddTemplate', { draftId: 1n });
    const templateId = (await templates()).at(-1)?.templateId ?? 0n;
    await world.sql(
      `with added as (insert into rollouts
       (id, caller, request_id, request_hash, spec, state, open, last_turn_at, created_at, updated_at)
       values ($1::uuid, '', $1::text, '', $2, $3, $4, now(), now(), now()))
     insert into rollout_counts (rollout_id, wave, step, state, targets) values ($1::uuid, 1, $5, $6, 2)`,
      [
        id,
        JSON.stringify({ name: 'spring', templateId: String(templateId), ...spec }),
        state,
        open,
        ...count,
      ],
    );
    const deletion = world.run('DeleteTemplate', { templateId });
    if (isRefused)
      expect(await refusalOf(deletion)).toMatchObject({
        ...{ code: 'FAILED_PRECONDITION', reason: 'TEMPLATE_IN_USE', metadata: { rollout_id: id } },
      });
    else expect(await deletion).toMatchObject({ state: SUCCEEDED });
    await world.sql('delete from rollout_counts where rollout_id = $1', [id]);
    await world.sql('delete from rollouts where id = $1', [id]);
  },
);
