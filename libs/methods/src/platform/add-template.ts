import type { RequestOf } from '@wxa/contracts';
import { API, type Template } from '@wxa/wxa-client';
import { field, given, number } from '../checks.js';
import { type Comparison, defineChange, executedIf, map, NO_SNAPSHOT, withoutResult } from '../room.js';
import { templateType, typed } from './template-library.js';

export const addTemplate = defineChange('AddTemplate', {
  api: API.addTemplate,
  validate: [
    field('draft_id', (r) => r.draftId, given(number(0n))),
    field('template_type', (r) => r.templateType, templateType),
  ],
  call: async ({ draftId, templateType }, { client, options }) =>
    // Requests stored before ids were required lack an id of 0.
    withoutResult(await client.addTemplate({ draftId: draftId ?? 0n, ...typed(templateType) }, options)),
  reconcile: {
    api: API.listTemplates,
    snapshot: async ({ client, options }) =>
      map(await client.listTemplates({}, options), ({ templates }) => ({ values: highestId(templates) })),
    check: async ({ request, snapshot }, { client, options }) =>
      map(await client.listTemplates({}, options), ({ templates }) => compare(request, snapshot, templates)),
    // A duplicate adds the draft to the library again.
    beforeRetry: 'required',
    duplicateCodes: [85065],
  },
});

/** Template ids only grow: what is above the highest one was added later. */
function highestId(templates: readonly Template[]): Record<string, string> {
  let highest = -1n;
  for (const { templateId } of templates) if (templateId > highest) highest = templateId;
  return { highest: String(highest) };
}

function compare(
  { draftId }: RequestOf<'AddTemplate'>,
  before: Record<string, string> | null,
  templates: readonly Template[],
): Comparison {
  if (before === null) return NO_SNAPSHOT;
  const newer = templates.filter(({ templateId }) => templateId > BigInt(before.highest ?? '-1'));
  return executedIf(newer.some((template) => template.draftId === (draftId ?? 0n)));
}
