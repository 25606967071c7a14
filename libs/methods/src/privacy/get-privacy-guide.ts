import type { PrivacyGuide } from '@wxa/contracts';
import { API, type PrivacySetting } from '@wxa/wxa-client';
import { defineQuery, map } from '../room.js';
import { explained, ownerOf } from './guide.js';

export const getPrivacyGuide = defineQuery('GetPrivacyGuide', {
  api: API.getPrivacyGuide,
  validate: [],
  call: async (_request, { client, options }) =>
    map(await client.getPrivacyGuide({}, options), (setting) => ({
      codeExists: setting.codeExists,
      detectedKeys: setting.detectedKeys,
      guide: guideOf(setting),
      descriptions: setting.descriptions,
      updateTime: setting.updatedAt,
    })),
});

/** WeChat does not return the additional text. */
function guideOf(setting: PrivacySetting): PrivacyGuide | undefined {
  const [owner, purposes] = [ownerOf(setting), explained(setting.purposes)];
  const isSet = purposes.length > 0 || owner.noticeMethod !== '';
  return isSet ? { owner, purposes, sdks: setting.sdks, extraText: '' } : undefined;
}
