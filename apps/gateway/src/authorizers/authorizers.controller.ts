import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  Authorizer,
  GetAuthorizerRequest,
  ImportAuthorizerRequest,
  ListAuthorizersRequest,
  ListAuthorizersResponse,
  RemoveAuthorizerRequest,
  RemoveAuthorizerResponse,
} from '@wxa/contracts';
import { TokenStore } from '@wxa/store';
import { fault } from '../grpc/fault.js';
import { FaultFilter } from '../grpc/fault-filter.js';
import { toAuthorizer } from './authorizer-message.js';
import { listAuthorizers } from './list-authorizers.js';
import { refuseInvalid } from './request-limits.js';

/** Who authorized the platform; no answer holds a token. */
@Controller()
@UseFilters(FaultFilter)
export class AuthorizersController {
  constructor(@Inject(TokenStore) private readonly store: TokenStore | null) {}

  @GrpcMethod('Authorizers', 'getAuthorizer')
  getAuthorizer(request: GetAuthorizerRequest): Promise<Authorizer> {
    const tokens = this.#tokens();
    refuseInvalid('GetAuthorizer', request);
    return find(tokens, request.appid);
  }

  @GrpcMethod('Authorizers', 'listAuthorizers')
  listAuthorizers(request: ListAuthorizersRequest): Promise<ListAuthorizersResponse> {
    const tokens = this.#tokens();
    refuseInvalid('ListAuthorizers', request);
    return listAuthorizers(tokens, request);
  }

  @GrpcMethod('Authorizers', 'importAuthorizer')
  async importAuthorizer(request: ImportAuthorizerRequest): Promise<Authorizer> {
    const tokens = this.#tokens();
    refuseInvalid('ImportAuthorizer', request);
    const { appid, refreshToken } = request;
    if ((await tokens.importAuthorizer({ appid, refreshToken })) === 'exists')
      throw fault(
        'AUTHORIZER_EXISTS',
        `${appid} is authorized already, with another token: remove it first if that no longer holds`,
      );
    return find(tokens, appid);
  }

  @GrpcMethod('Authorizers', 'removeAuthorizer')
  async removeAuthorizer(request: RemoveAuthorizerRequest): Promise<RemoveAuthorizerResponse> {
    const tokens = this.#tokens();
    refuseInvalid('RemoveAuthorizer', request);
    if (!(await tokens.removeAuthorizer(request.appid))) throw unknown(request.appid);
    return {};
  }

  #tokens(): TokenStore {
    if (this.store !== null) return this.store;
    throw fault(
      'TOKEN_SOURCE_NOT_COMPONENT',
      'WECHAT_TOKEN_SOURCE is not component: tokens and authorizations are not the task of this service',
    );
  }
}

async function find(tokens: TokenStore, appid: string): Promise<Authorizer> {
  const found = await tokens.getAuthorizer(appid);
  if (found === undefined) throw unknown(appid);
  return toAuthorizer(found);
}

function unknown(appid: string) {
  return fault('AUTHORIZER_NOT_FOUND', `${appid} never authorized the platform, or was removed`);
}
