import { createHash } from 'node:crypto';
import type { ApiDefinition } from '../model/api.js';
import { done, type Outcome, reject } from '../model/outcome.js';
import type { Platform } from '../model/platform.js';

const MIB = 1024 * 1024;
const IMAGE = /^(\x89PNG|\xff\xd8\xff|GIF8)/;
const VIDEO = /^.{4}ftyp/s;

/** POST wxa/uploadmedia: pictures up to 2 MiB, videos up to 10 MiB, in the form field `media`. */
export const UPLOAD_API: ApiDefinition = {
  name: 'wxa/uploadmedia',
  verb: 'POST',
  kind: 'query',
  isForm: true,
  run: (_app, { body, platform }) => upload(platform, String(body.media ?? '')),
};

function upload(platform: Platform, media: string): Outcome {
  if (media === '') return reject(41005);
  const type = IMAGE.test(media) ? 'image' : VIDEO.test(media) ? 'video' : undefined;
  if (type === undefined) return reject(40005);
  if (media.length > (type === 'image' ? 2 : 10) * MIB) return reject(40006);
  platform.uploads += 1;
  const mediaid = `media-${platform.uploads}`;
  return done({ fields: { type, mediaid }, effect: `upload ${type} ${sha256(media)}` });
}

function sha256(media: string): string {
  return createHash('sha256').update(media, 'latin1').digest('hex');
}
