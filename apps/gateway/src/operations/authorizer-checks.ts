import type {
  GetAuthorizerRequest,
  ImportAuthorizerRequest,
  ListAuthorizersRequest,
  RemoveAuthorizerRequest,
} from '@wxa/contracts';
import { appid, type Check, field, known, number, type Rule, violationsBy } from '@wxa/methods';
import { invalidRequest } from '../errors/rpc-error.js';
import { listOf } from './list-authorizers.js';
import { pageOf } from './page-token.js';

/** Says nothing of what came: it may be a secret. */
const refreshToken: Check<string> = (text) => {
  if (/^[\x21-\x7e]{1,512}$/.test(text)) return undefined;
  return text === '' ? 'required' : 'must be at most 512 printable ASCII characters, without blanks';
};

const named: Rule<{ appid: string }> = field('appid', (r) => r.appid, appid);

const LIMITS = {
  GetAuthorizer: [named] as Rule<GetAuthorizerRequest>[],
  ListAuthorizers: [
    field('state', (r) => r.state, known),
    field('page_size', (r) => r.pageSize, number(0, 500)),
    field('page_token', (r) => r, pageOf(listOf)),
  ] as Rule<ListAuthorizersRequest>[],
  ImportAuthorizer: [
    named,
    field('refresh_token', (r) => r.refreshToken, refreshToken),
  ] as Rule<ImportAuthorizerRequest>[],
  RemoveAuthorizer: [named] as Rule<RemoveAuthorizerRequest>[],
};

/** Throws a Fault with all that is wrong with a request of the Authorizers service. */
export function refuseInvalid<R extends keyof typeof LIMITS>(
  rpc: R,
  request: Parameters<(typeof LIMITS)[R][number]>[0],
): void {
  const rules: readonly Rule<typeof request>[] = LIMITS[rpc] as Rule<typeof request>[];
  const violations = violationsBy(rules, request);
  if (violations.length > 0) throw invalidRequest(violations);
}
