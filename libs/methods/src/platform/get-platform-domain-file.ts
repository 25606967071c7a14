import { API } from '@wxa/wxa-client';
import { defineQuery } from '../room.js';

export const getPlatformDomainFile = defineQuery('GetPlatformDomainFile', {
  api: API.getPlatformDomainFile,
  validate: [],
  call: (_request, { client, options }) => client.getPlatformDomainFile({}, options),
});
