import type { Method } from '@wxa/contracts';
import { CHANGES } from './change-exchanges.js';
import type { Exchange } from './exchange.js';
import { QUERIES } from './query-exchanges.js';
import { SETUP_CHANGES, SETUP_QUERIES } from './setup-exchanges.js';

/** The documented exchanges with WeChat of each method. */
export const EXCHANGES: Record<Method, Exchange[]> = {
  ...CHANGES,
  ...QUERIES,
  ...SETUP_CHANGES,
  ...SETUP_QUERIES,
  // A client stream: see test/release/media.spec.ts.
  UploadAuditMedia: [],
  // The link contains the time and the appid: see authorization-link.spec.ts.
  CreateAuthorizationLink: [],
  // The call contains a secret that its request does not: see test/release/import-authorizer.spec.ts.
  ImportAuthorizer: [],
  // It needs the token source component: see test/fleet.
  RefreshMiniProgram: [],
  // They need a policy: see listed-calls.spec.ts.
  QueryWechat: [],
  ChangeWechat: [],
};

export const ALL = (Object.keys(EXCHANGES) as Method[]).filter((method) => EXCHANGES[method].length > 0);
