import type { Method } from '@wxa/contracts';
import { CHANGES } from './change-exchanges.js';
import type { Exchange } from './exchange.js';
import { QUERIES } from './query-exchanges.js';

/** What is exchanged with WeChat for each method. */
export const EXCHANGES: Record<Method, Exchange[]> = {
  ...CHANGES,
  ...QUERIES,
  // Its answer is made with the time and its own appid: authorization-link.spec.ts has it.
  CreateAuthorizationLink: [],
  // It asks with a secret that its request has not: test/release/import-authorizer.spec.ts has it.
  ImportAuthorizer: [],
};

export const ALL = (Object.keys(EXCHANGES) as Method[]).filter((method) => EXCHANGES[method].length > 0);
