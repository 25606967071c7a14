import { API } from '@wxa/wxa-client';
import { characters, field, oneLine } from '../checks.js';
import { type CallResult, defineQuery } from '../room.js';
import { serviceError } from '../service-errors.js';
import { mediaType } from './media-type.js';

/** An upload may take three times as long as another call. */
const TIMEOUT_FACTOR = 3;

export const uploadAuditMedia = defineQuery('UploadAuditMedia', {
  api: API.uploadAuditMedia,
  validate: [
    field('file_name', (r) => r.fileName, characters(1, 128), oneLine),
    field('content_type', (r) => r.contentType, mediaType),
  ],
  timeoutFactor: TIMEOUT_FACTOR,
  call: async ({ fileName, contentType }, { client, options, attachment }) => {
    const content = await attachment();
    if (content === undefined) return deleted();
    const timeoutMs = options.timeoutMs * TIMEOUT_FACTOR;
    return client.uploadAuditMedia({ fileName, contentType, content }, { ...options, timeoutMs });
  },
});

/** Only an operator can have deleted the file of an unfinished operation. */
function deleted(): CallResult<never> {
  const error = serviceError(
    'internal',
    'the file is no longer stored; upload it again',
    API.uploadAuditMedia,
  );
  return { kind: 'error', error, sent: false };
}
