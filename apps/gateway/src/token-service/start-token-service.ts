import type { TokenStore } from '@wxa/authorizers';
import type { Logger } from '@wxa/service';
import type { Store } from '@wxa/store';
import type { TokenAccess } from '../callers/access.js';
import type { GatewaySettings } from '../config.js';
import { ReadAnswers } from './answer-reads.js';
import { ServedTokens } from './served-tokens.js';
import { TokenServer } from './token-server.js';

/** Starts the listener for readers of tokens; undefined if TOKEN_SERVICE_ADDR is not set. */
export async function startTokenService(
  { TOKEN_SERVICE_ADDR: address }: Pick<GatewaySettings, 'TOKEN_SERVICE_ADDR'>,
  access: TokenAccess | undefined,
  { tokens, store, logger }: { tokens: TokenStore | null; store: Pick<Store, 'history'>; logger: Logger },
): Promise<TokenServer | undefined> {
  // The configuration requires both with an address.
  if (address === undefined || access === undefined || tokens === null) return undefined;
  const served = new ServedTokens(tokens, store.history);
  const answers = new ReadAnswers({ parts: access.parts, served, logger });
  const server = new TokenServer((request) => answers.of(request), access.certificates);
  await server.listen(address);
  return server;
}
