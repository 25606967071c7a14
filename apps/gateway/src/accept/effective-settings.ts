import type { CommitRequest, Method, MiniProgramSettings, RequestOf } from '@wxa/contracts';
import { cut, extJsonOf, ROOMS, type Rule, violationsBy } from '@wxa/methods';
import { type Effective, mergedExtJson, type Settings } from '@wxa/settings';
import type { Store } from '@wxa/store';
import { invalidField, RpcError, rpcError } from '../errors/rpc-error.js';

/** The request to store, or an error; undefined if the settings do not matter to a request. */
type Use<R> = (request: R, settings: Settings) => Promise<R | RpcError> | undefined;

const USES: { readonly [M in Method]?: Use<RequestOf<M>> } = {
  Commit: (request, settings) =>
    request.fromSettings
      ? settings.effective(request.appid).then((effective) => mergedCommit(request, effective))
      : undefined,
  SetServerDomains: fromSettings('SetServerDomains', 'server_domains', ({ serverDomains: value }) =>
    value && Object.values(value).flat().length > 0 ? { $case: 'domains', value } : undefined,
  ),
  SetWebviewDomains: fromSettings('SetWebviewDomains', 'webview_domains', ({ webviewDomains: domains }) =>
    domains.length > 0 ? { $case: 'domains', value: { domains } } : undefined,
  ),
  SetPrivacyGuide: fromSettings('SetPrivacyGuide', 'privacy_guide', ({ privacyGuide: value }) =>
    value === undefined ? undefined : { $case: 'guide', value },
  ),
  SetPlatformDomains: refusedInUse,
};

/**
 * The request to store for a request: what the effective settings of its mini-program say now is merged into one with
 * `from_settings`. Returns an error if they lack it, or if a layer names a domain that the platform is to lose. The hash of a
 * request is that of the given one, so that a repeated request returns its operation also after the settings have changed.
 */
export function withEffectiveSettings<M extends Method>(
  { settings }: Pick<Store, 'settings'>,
  method: M,
  request: RequestOf<M>,
): RequestOf<M> | Promise<RequestOf<M> | RpcError> {
  const use: Use<RequestOf<M>> | undefined = USES[method];
  return use?.(request, settings) ?? request;
}

type Setup = 'SetServerDomains' | 'SetWebviewDomains' | 'SetPrivacyGuide';

/** The value that a call of Setup takes from the settings. What is required of it is checked here, because layers may lack it. */
function fromSettings<M extends Setup>(
  method: M,
  part: string,
  get: (settings: MiniProgramSettings) => RequestOf<M>['value'],
): Use<RequestOf<M>> {
  return (request, settings) => {
    if (request.value?.$case !== 'fromSettings') return undefined;
    const { appid } = request;
    return settings.effective(appid).then(({ settings: effective }) => {
      const value = get(effective);
      if (value === undefined)
        return rpcError('SETTINGS_MISSING', `the effective settings of ${appid} have no ${part}`);
      const merged: RequestOf<M> = { ...request, value };
      const rules: readonly Rule<RequestOf<M>>[] = ROOMS[method].validate;
      const violations = violationsBy(rules, merged);
      if (violations.length === 0) return merged;
      const fields = cut(violations.map(({ field }) => field).join(', '), 200);
      const message = `the ${part} in the effective settings of ${appid} cannot be set: ${fields}`;
      return rpcError('SETTINGS_MISSING', message, { violations });
    });
  };
}

function refusedInUse(
  request: RequestOf<'SetPlatformDomains'>,
  settings: Settings,
): Promise<RequestOf<'SetPlatformDomains'> | RpcError> | undefined {
  const { value, allowInUse } = request;
  if (allowInUse || value === undefined) return undefined;
  return settings.removedInUse(value.$case, value.value.domains).then((uses) => {
    if (uses.length === 0) return request;
    const layers = cut(uses.map(({ scope, domain }) => `${domain} (${scope})`).join(', '), 300);
    return rpcError('DOMAIN_IN_USE', `settings layers name domains that would be removed: ${layers}`);
  });
}

function mergedCommit(request: CommitRequest, effective: Effective): CommitRequest | RpcError {
  const { appid, extConfig } = request;
  const merged = mergedWith(effective, extJsonOf(request), appid);
  if (merged instanceof RpcError) return merged;
  if (merged.kind === 'merged') return { ...request, extConfig: { $case: 'extJson', value: merged.text } };
  const field = extConfig?.$case === 'ext' ? 'ext' : 'ext_json';
  if (merged.kind === 'too-large') {
    const { max, actual } = merged;
    return invalidField(field, 'TOO_MANY_BYTES_WITH_SETTINGS', { max, actual });
  }
  if (merged.kind === 'other-appid')
    return invalidField(field, 'OTHER_EXT_APPID', { appid, actual: cut(merged.extAppid, 40) });
  const pointers = merged.pointers.join(', ');
  const message = `ext.json of ${appid} has no value at ${cut(pointers, 300)}, which its settings require`;
  return rpcError('SETTINGS_MISSING', message, { metadata: { pointers: cut(pointers, 1_000) } });
}

function mergedWith(effective: Effective, extJson: string, appid: string) {
  try {
    return mergedExtJson(extJson, effective, appid);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Commit accepts a member that is named twice; nothing can be merged into it.
    return invalidField('ext_json', 'JSON_SYNTAX', { error: cut(error.message, 120) });
  }
}
