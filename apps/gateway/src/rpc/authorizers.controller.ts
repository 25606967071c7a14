import { TokenStore } from '@wxa/authorizers';
import { AuthorizersService } from '@wxa/contracts';
import { AcceptOperations, type AcceptOptions } from '../accept/accept-operations.js';
import { actorOf } from '../callers/actor.js';
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
  [TokenStore, AcceptOperations, QueryResponder],
  handlersOf,
);

function handlersOf(
  store: TokenStore | null,
  operations: AcceptOperations,
  responder: QueryResponder,
): Handlers<typeof SERVICE> {
  const tokens = (): TokenStore => {
    if (store !== null) return store;
    throw rpcError(
      'TOKEN_SOURCE_NOT_COMPONENT',
      'WECHAT_TOKEN_SOURCE is not component: this service does not manage authorizations',
    );
  };
  const find = async (appid: string, signal?: AbortSignal) => {
    const found = await tokens().getAuthorizer(appid, signal);
    if (found === undefined) throw unknown(appid);
    return toAuthorizer(found);
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
    before: () => void tokens(),
    getAuthorizer: ({ appid }, call) => find(appid, call.signal()),
    listAuthorizers: (request, call) => listAuthorizers(tokens(), request, call.signal(), call.visible()),
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
    async removeAuthorizer({ appid }, { call }) {
      if (!(await tokens().removeAuthorizer(appid, actorOf(call)))) throw unknown(appid);
      return {};
    },
    ...syncHandlers(tokens),
    async setAuthorizerLabels({ appid, labels }, { call }) {
      if (!(await tokens().setLabels(appid, [...new Set(labels)], actorOf(call)))) throw unknown(appid);
      return find(appid);
    },
  };
}

function syncHandlers(
  tokens: () => TokenStore,
): Pick<Handlers<typeof SERVICE>, 'syncAuthorizers' | 'getAuthorizerSync'> {
  return {
    /** A worker runs it. */
    async syncAuthorizers(_, { call }) {
      const started = await tokens().startSync(actorOf(call));
      if (started === undefined) throw rpcError('SYNC_RUNNING', 'a sync of authorizers is running already');
      return toSync(started);
    },
    async getAuthorizerSync({ id }) {
      const found = await tokens().readSync(id === 0n ? undefined : String(id));
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
