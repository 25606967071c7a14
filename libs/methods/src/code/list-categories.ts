import { API } from '@wxa/wxa-client';
import { defineQuery } from '../room.js';

export const listCategories = defineQuery('ListCategories', {
  api: API.listCategories,
  validate: [],
  call: (_request, { client, options }) => client.listCategories({}, options),
});
