import { API } from '@wxa/wxa-client';
import { defineQuery } from '../room.js';

/** Reads both lists. Settings are compared with what was read last. */
export const getPlatformDomains = defineQuery('GetPlatformDomains', {
  api: API.getPlatformServerDomains,
  validate: [],
  timeoutFactor: 2,
  call: async (_request, { client, options, reserve, setup }) => {
    const server = await client.getPlatformServerDomains({}, options);
    if (server.kind !== 'ok') return server;
    await reserve(API.getPlatformWebviewDomains);
    const webview = await client.getPlatformWebviewDomains({}, options);
    if (webview.kind !== 'ok') return webview;
    const lists = { server: server.value, webview: webview.value };
    await setup.keepPlatformDomains(lists);
    return { kind: 'ok', value: lists };
  },
});
