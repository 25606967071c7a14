import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { TokenStore } from '@wxa/authorizers';
import type {
  Authorizer,
  GetAuthorizerRequest,
  ImportAuthorizerRequest,
  ListAuthorizersRequest,
  ListAuthorizersResponse,
  Operation,
  RemoveAuthorizerRequest,
  RemoveAuthorizerResponse,
  SetAuthorizerLabelsRequest,
} from '@wxa/contracts';
import { AcceptOperations, type AcceptOptions } from '../accept/accept-operations.js';
import { type CancellableCall, callSignal } from '../await/call-signal.js';
import { actorOf } from '../callers/actor.js';
import { visibleTo } from '../callers/caller-of.js';
import { rpcError } from '../errors/rpc-error.js';
import { RpcErrorFilter } from '../errors/rpc-error-filter.js';
import { listAuthorizers, toAuthorizer } from '../operations/list-authorizers.js';
import { refuseInvalid } from '../operations/request-checks.js';
import { QueryResponder } from './code-management.controller.js';

/** The Authorizers service. No response contains a token. */
@Controller()
@UseFilters(RpcErrorFilter)
export class AuthorizersController {
  constructor(
    @Inject(TokenStore) private readonly store: TokenStore | null,
    @Inject(AcceptOperations) private readonly operations: AcceptOperations,
    @Inject(QueryResponder) private readonly responder: QueryResponder,
  ) {}

  @GrpcMethod('Authorizers', 'getAuthorizer')
  getAuthorizer(
    request: GetAuthorizerRequest,
    _metadata: Metadata,
    call: CancellableCall,
  ): Promise<Authorizer> {
    const tokens = this.#tokens();
    refuseInvalid('GetAuthorizer', request);
    return find(tokens, request.appid, callSignal(call));
  }

  @GrpcMethod('Authorizers', 'listAuthorizers')
  listAuthorizers(
    request: ListAuthorizersRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<ListAuthorizersResponse> {
    const tokens = this.#tokens();
    refuseInvalid('ListAuthorizers', request);
    return listAuthorizers(
      tokens,
      request,
      callSignal(call),
      visibleTo(metadata, 'Authorizers/ListAuthorizers'),
    );
  }

  /** The worker verifies the token with WeChat. Until then it is stored encrypted; the command does not contain it. */
  @GrpcMethod('Authorizers', 'importAuthorizer')
  async importAuthorizer(
    request: ImportAuthorizerRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<unknown, unknown>,
  ): Promise<Authorizer> {
    const tokens = this.#tokens();
    refuseInvalid('ImportAuthorizer', request);
    const { appid } = request;
    const conflict = await tokens.readImport(request);
    if (conflict === 'exists')
      throw rpcError(
        'AUTHORIZER_EXISTS',
        `${appid} is already authorized with another token; if that token no longer works, use RemoveAuthorizer first`,
      );
    if (conflict === 'nothing')
      await this.responder.respond('ImportAuthorizer', call, (options) =>
        this.#acceptImport(appid, { ...options, content: tokens.sealRefreshToken(request) }),
      );
    return find(tokens, appid);
  }

  @GrpcMethod('Authorizers', 'removeAuthorizer')
  async removeAuthorizer(
    request: RemoveAuthorizerRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<unknown, unknown>,
  ): Promise<RemoveAuthorizerResponse> {
    const tokens = this.#tokens();
    refuseInvalid('RemoveAuthorizer', request);
    if (!(await tokens.removeAuthorizer(request.appid, actorOf(call)))) throw unknown(request.appid);
    return {};
  }

  @GrpcMethod('Authorizers', 'setAuthorizerLabels')
  async setAuthorizerLabels(
    request: SetAuthorizerLabelsRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<unknown, unknown>,
  ): Promise<Authorizer> {
    const tokens = this.#tokens();
    refuseInvalid('SetAuthorizerLabels', request);
    const { appid, labels } = request;
    if (!(await tokens.setLabels(appid, [...new Set(labels)], actorOf(call)))) throw unknown(appid);
    return find(tokens, appid);
  }

  #acceptImport(authorizerAppid: string, options: AcceptOptions): Promise<Operation> {
    const { componentAppid } = options;
    if (componentAppid === undefined)
      throw rpcError(
        'COMPONENT_APPID_UNKNOWN',
        'ImportAuthorizer requires WECHAT_COMPONENT_APPID to be set for the gateway',
      );
    const operation = { appid: componentAppid, requestId: '', authorizerAppid };
    return this.operations.accept('ImportAuthorizer', operation, { ...options, imported: authorizerAppid });
  }

  #tokens(): TokenStore {
    if (this.store !== null) return this.store;
    throw rpcError(
      'TOKEN_SOURCE_NOT_COMPONENT',
      'WECHAT_TOKEN_SOURCE is not component: this service does not manage authorizations',
    );
  }
}

async function find(tokens: TokenStore, appid: string, signal?: AbortSignal): Promise<Authorizer> {
  const found = await tokens.getAuthorizer(appid, signal);
  if (found === undefined) throw unknown(appid);
  return toAuthorizer(found);
}

function unknown(appid: string) {
  return rpcError(
    'AUTHORIZER_NOT_FOUND',
    `${appid} not found: it never authorized the platform, or was removed`,
  );
}
