import { API, type EffectiveDomains } from '@wxa/wxa-client';
import { defineQuery, map } from '../room.js';

export const getDomains = defineQuery('GetDomains', {
  api: API.getEffectiveServerDomains,
  validate: [],
  timeoutFactor: 2,
  call: async (_request, { client, options, reserve }) => {
    const server = await client.getEffectiveServerDomains({}, options);
    if (server.kind !== 'ok') return server;
    await reserve(API.getEffectiveWebviewDomains);
    return map(await client.getEffectiveWebviewDomains({}, options), (webview) => ({
      server: sourcesOf(server.value),
      webview: sourcesOf(webview),
    }));
  },
});

function sourcesOf<D>({ setByPlatform: setByService, ...others }: EffectiveDomains<D>) {
  return { ...others, setByService };
}
