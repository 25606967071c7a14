import { API } from '@wxa/wxa-client';
import { characters, field, oneLine } from '../checks.js';
import { reasonField } from '../fields.js';
import { defineChange, executedIf, map, withoutResult } from '../room.js';

export const setSupportVersion = defineChange('SetSupportVersion', {
  api: API.setSupportVersion,
  validate: [field('version', (r) => r.version, characters(1, 64), oneLine), reasonField],
  call: async ({ version }, { client, options }) =>
    withoutResult(await client.setSupportVersion({ version }, options)),
  reconcile: {
    api: API.getSupportVersion,
    check: async ({ request: { version } }, { client, options }) =>
      map(await client.getSupportVersion({}, options), ({ nowVersion }) =>
        executedIf(nowVersion === version),
      ),
    mayHaveHeldBefore: true,
    isIdempotentSet: true,
    duplicateCodes: [],
  },
});
