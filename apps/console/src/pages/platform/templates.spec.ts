import { status as Code, Metadata } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import type { GatewayCalls } from '../../gateway/gateway.js';
import { translator } from '../../text/text.js';
import type { Visit } from '../../visit/visit.js';
import { TemplatesPage } from './templates.js';

it('A call that fails while WeChat is asked fails the page, and no rejection is left unhandled', async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', listen);
  const refused = { code: Code.UNAVAILABLE, details: 'away', metadata: new Metadata() };
  const later = new Promise((resolve) => setImmediate(() => setImmediate(() => resolve({}))));
  const gateway = {
    operations: { listOperations: async () => Promise.reject(Object.assign(new Error('away'), refused)) },
    templates: { listTemplates: () => later, listDrafts: () => later },
  } as unknown as GatewayCalls;
  const url = new URL('http://console/templates?wechat=1');
  const visit = { gateway, url, language: 'en', t: translator('en'), timeZone: 'UTC' } as Visit;
  await expect(new TemplatesPage().show(visit)).rejects.toThrow('away');
  await later;
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
});
