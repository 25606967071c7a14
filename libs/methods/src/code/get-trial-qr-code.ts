import { API } from '@wxa/wxa-client';
import { characters, field, oneLine } from '../checks.js';
import { defineQuery, map } from '../room.js';

export const getTrialQrCode = defineQuery('GetTrialQrCode', {
  api: API.getTrialQrCode,
  validate: [field('path', (r) => r.path, characters(0, 1024), oneLine)],
  call: async ({ path }, { client, options }) =>
    map(await client.getTrialQrCode({ path }, options), ({ image, contentType }) => ({
      image: Buffer.from(image),
      contentType,
    })),
});
