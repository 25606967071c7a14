import { Directory, TokenStore } from '@wxa/authorizers';
import { type Authorizer, AuthorizerState, AuthorizersService } from '@wxa/contracts';
import { AcceptOperations, type AcceptOptions } from '../accept/accept-operations.js';
import { actorOf } from '../callers/caller-of.js';
import { type GatewaySettings, SETTINGS } from '../config.js';
import { rpcError } from '../errors/rpc-error.js';
import { listAuthorizers, toAuthorizer, toSync } from '../operations/list-authorizers.js';
import { AUTHORIZER_RULES } from '../operations/request-checks.js';
import { QueryResponder } from './query-responder.js';
import { controllerOf, type Handlers } from './service.js';

const { createAuthorizationLink: _, ...SERVICE } = AuthorizersService;

/** The Authorizers service, without the RPC that is an operation. No response contains a token. */
export const AuthorizersController = controllerOf(
  SERVICE,
  AUTHORIZER_RULES,
  [Directory, TokenStore, AcceptOperations, QueryResponder, SETTINGS],
  handlersOf,
);

function handlersOf(
  directory: Directory,
  store: TokenStore | null,
  operations: AcceptOperations,
  responder: QueryResponder,
  settings: GatewaySettings,
): Handlers<typeof SERVICE> {
  const tokens = (): TokenStore => {
    if (store !== null) return store;
    throw rpcError(
      'TOKEN_SOURCE_NOT_COMPONENT',
      'WECHAT_TOKEN_SOURCE is not component: this service stores no tokens, use RegisterAuthorizers',
    );
  };
  const find = async (appid: string, signal?: AbortSignal) => {
    const found = await directory.getAuthorizer(appid, signal);
    if (found === undefined) throw unknown(appid);
    return toAuthorizer(found, directory.keepsTokens);
  };
  const acceptImport = (authorizerAppid: string, options: AcceptOptions) => {
    const { componentAppid: appid } = options;
    if (appid === undefined)
      throw rpcError(
        'COMPONENT_APPID_UNKNOWN',
        'ImportAuthorizer requires WECHAT_COMPONENT_APPID to be set for the gateway',
      );
    const operation = { appid, requestId: '', authorizerAppid };
    return operations.accept('ImportAuthorizer', operation, { ...options, imported: authorizerAppid });
  };
  return {
    getAuthorizer: ({ appid }, call) => find(appid, call.signal()),
    listAuthorizers: (request, call) => listAuthorizers(directory, request, call.signal(), call.visible()),
    /** The worker verifies the token with WeChat. Until then it is stored encrypted; the command does not contain it. */
    async importAuthorizer(request, { call }) {
      const { appid } = request;
      const conflict = await tokens().readImport(request);
      if (conflict === 'exists')
        throw rpcError(
          'AUTHORIZER_EXISTS',
          `${appid} is already authorized with another token; if that token no longer works, use RemoveAuthorizer first`,
        );
      if (conflict === 'nothing')
        await responder.respond('ImportAuthorizer', call, (options) =>
          acceptImport(appid, { ...options, content: tokens().sealRefreshToken(request) }),
        );
      return find(appid);
    },
    async renewToken(request, { call }) {
      const renewing = tokens();
      const { state, tokenExpireTime } = await find(request.appid);
      if (state !== AuthorizerState.AUTHORIZER_STATE_AUTHORIZED || tokenExpireTime === undefined)
        throw rpcError('NOT_AUTHORIZED', `${request.appid} has no access token that could be renewed`);
      return { renews: await renewing.renewToken(request, actorOf(call)) };
    },
    ...directoryHandlers(directory, find),
    ...syncHandlers(directory, settings),
  };
}

/** What needs no tokens, besides reads. */
function directoryHandlers(
  directory: Directory,
  find: (appid: string) => Promise<Authorizer>,
): Pick<Handlers<typeof SERVICE>, 'registerAuthorizers' | 'removeAuthorizer' | 'setAuthorizerLabels'> {
  return {
    async registerAuthorizers({ appids }, { call }) {
      const distinct = [...new Set(appids)];
      const added = await directory.registerAuthorizers(distinct, actorOf(call));
      return { added: added.length, known: distinct.length - added.length };
    },
    async removeAuthorizer({ appid }, { call }) {
      if (!(await directory.removeAuthorizer(appid, actorOf(call)))) throw unknown(appid);
      return {};
    },
    async setAuthorizerLabels({ appid, labels }, { call }) {
      if (!(await directory.setLabels(appid, [...new Set(labels)], actorOf(call)))) throw unknown(appid);
      return find(appid);
    },
  };
}

function syncHandlers(
  directory: Directory,
  { WECHAT_TOKEN_SOURCE: source, WECHAT_COMPONENT_APPID: componentAppid }: GatewaySettings,
): Pick<Handlers<typeof SERVICE>, 'syncAuthorizers' | 'getAuthorizerSync'> {
  return {
    /** A worker runs it. */
    async syncAuthorizers(_, { call }) {
      if (source === 'static')
        throw rpcError(
          'TOKEN_SOURCE_NOT_COMPONENT',
          'WECHAT_TOKEN_SOURCE is static: there is no token of the platform, use RegisterAuthorizers',
        );
      if (componentAppid === undefined)
        throw rpcError(
          'COMPONENT_APPID_UNKNOWN',
          "WECHAT_COMPONENT_APPID is not set for the gateway: WeChat's list is that of a platform",
        );
      const started = await directory.startSync(actorOf(call));
      if (started === undefined) throw rpcError('SYNC_RUNNING', 'a sync of authorizers is running already');
      return toSync(started);
    },
    async getAuthorizerSync({ id }) {
      const found = await directory.readSync(id === 0n ? undefined : String(id));
      if (found === undefined) throw rpcError('AUTHORIZER_SYNC_NOT_FOUND', 'sync of authorizers not found');
      return toSync(found);
    },
  };
}

function unknown(appid: string) {
  return rpcError(
    'AUTHORIZER_NOT_FOUND',
    `${appid} not found: it never authorized the platform, or was removed`,
  );
}
