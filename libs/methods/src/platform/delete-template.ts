import { API } from '@wxa/wxa-client';
import { field, given, number } from '../checks.js';
import { defineChange, executedIf, map, withoutResult } from '../room.js';

export const deleteTemplate = defineChange('DeleteTemplate', {
  api: API.deleteTemplate,
  validate: [field('template_id', (r) => r.templateId, given(number(0n)))],
  // Requests stored before ids were required lack an id of 0.
  call: async ({ templateId = 0n }, { client, options }) =>
    withoutResult(await client.deleteTemplate({ templateId }, options)),
  reconcile: {
    api: API.listTemplates,
    check: async ({ request: { templateId: deleted = 0n } }, { client, options }) =>
      map(await client.listTemplates({}, options), ({ templates }) =>
        executedIf(templates.every(({ templateId }) => templateId !== deleted)),
      ),
    duplicateCodes: [85064],
  },
});
