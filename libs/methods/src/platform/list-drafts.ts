import { API } from '@wxa/wxa-client';
import { defineQuery, map } from '../room.js';
import { libraryEntry } from './template-library.js';

export const listDrafts = defineQuery('ListDrafts', {
  api: API.listDrafts,
  validate: [],
  call: async (_request, { client, options }) =>
    map(await client.listDrafts({}, options), ({ drafts }) => ({ drafts: drafts.map(libraryEntry) })),
});
