import { API, type WxaResult } from '@wxa/wxa-client';
import { characters, field, oneLine } from '../checks.js';
import { defineQuery, map } from '../room.js';
import { serviceError } from '../service-errors.js';

/** The response must be smaller than the 4 MiB that gRPC clients accept by default. */
const MAX_BYTES = 2 * 1024 * 1024;

export const getAuditScreenshot = defineQuery('GetAuditScreenshot', {
  api: API.getAuditScreenshot,
  validate: [field('media_id', (r) => r.mediaId, characters(1, 256), oneLine)],
  call: async ({ mediaId }, { client, options }) => {
    const result = await client.getAuditScreenshot({ mediaId }, options);
    if (result.kind === 'ok' && result.value.image.length > MAX_BYTES)
      return tooLarge(result.value.image.length);
    return map(result, ({ image, contentType }) => ({ content: Buffer.from(image), contentType }));
  },
});

function tooLarge(bytes: number): WxaResult<never> {
  const errmsg = `the screenshot has ${bytes} bytes, more than the ${MAX_BYTES} that this service returns`;
  return { kind: 'error', error: serviceError('internal', errmsg, API.getAuditScreenshot) };
}
