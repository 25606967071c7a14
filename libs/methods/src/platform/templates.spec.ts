import { describe, expect, it } from '@jest/globals';
import { AddTemplateRequest, DeleteTemplateRequest } from '@wxa/contracts';
import type { Template } from '@wxa/wxa-client';
import { violationsBy } from '../checks.js';
import { answers, concluded, snapshotOf } from '../fixtures/wechat.js';
import { addTemplate } from './add-template.js';
import { deleteTemplate } from './delete-template.js';

const library = (...of: [templateId: bigint, draftId: bigint][]) => {
  const templates = of.map(([templateId, draftId]) => ({ templateId, draftId }) as Template);
  return { listTemplates: answers({ templates }) };
};

describe('AddTemplate, reconciled', () => {
  const some = library([7n, 1n], [9007199254740993n, 2n]);

  it.each<[string, typeof some | null, [bigint, bigint], string]>([
    ['a newer template of the draft exists', some, [9007199254740994n, 1n], 'executed'],
    ['the first template exists', library(), [0n, 1n], 'executed'],
    ['only an older template of the draft exists', some, [9007199254740993n, 1n], 'not-executed'],
    ['a newer template of another draft exists', some, [9007199254740994n, 2n], 'not-executed'],
    ['there is no snapshot', null, [9007199254740994n, 1n], 'inconclusive'],
  ])('If %s, the addition is %s.', async (...[, before, template, kind]) => {
    const snapshot = before === null ? null : await snapshotOf(addTemplate, before);
    const request = AddTemplateRequest.fromPartial({ draftId: 1n });
    expect(await concluded(addTemplate, { request, snapshot }, library(template))).toMatchObject({ kind });
  });
});

it.each<[string, { templateId?: bigint }, bigint, string]>([
  ['it does not exist', { templateId: 7n }, 8n, 'executed'],
  ['it exists', { templateId: 7n }, 7n, 'not-executed'],
  ['it exists with id 0 and the request has no id', {}, 0n, 'not-executed'],
])('A deletion, if %s, is concluded accordingly.', async (...[, fields, templateId, kind]) => {
  const request = DeleteTemplateRequest.fromPartial(fields);
  expect(await concluded(deleteTemplate, { request }, library([templateId, 1n]))).toMatchObject({ kind });
});

it.each([
  [
    'draft_id',
    (draftId?: string) => violationsBy(addTemplate.validate, AddTemplateRequest.fromJSON({ draftId })),
  ],
  [
    'template_id',
    (templateId?: string) =>
      violationsBy(deleteTemplate.validate, DeleteTemplateRequest.fromJSON({ templateId })),
  ],
])('A %s is required and may be 0.', (field, violations) => {
  expect(violations('0')).toEqual([]);
  expect(violations(undefined)).toMatchObject([{ field, reason: 'REQUIRED' }]);
  expect(violations('-1')).toMatchObject([{ field }]);
});
