import { API } from '@wxa/wxa-client';
import { defineQuery } from '../room.js';

export const listPages = defineQuery('ListPages', {
  api: API.listPages,
  validate: [],
  call: (_request, { client, options }) => client.listPages({}, options),
});
