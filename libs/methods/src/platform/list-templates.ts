import { API } from '@wxa/wxa-client';
import { field } from '../checks.js';
import { defineQuery, map } from '../room.js';
import { libraryEntry, templateType, typed } from './template-library.js';

export const listTemplates = defineQuery('ListTemplates', {
  api: API.listTemplates,
  validate: [field('template_type', (r) => r.templateType, templateType)],
  call: async ({ templateType }, { client, options }) =>
    map(await client.listTemplates(typed(templateType), options), ({ templates }) => ({
      templates: templates.map(libraryEntry).map((entry) => ({ ...entry, use: undefined })),
    })),
});
