import { API } from '@wxa/wxa-client';
import { defineQuery } from '../room.js';

export const getSupportVersion = defineQuery('GetSupportVersion', {
  api: API.getSupportVersion,
  validate: [],
  call: (_request, { client, options }) => client.getSupportVersion({}, options),
});
