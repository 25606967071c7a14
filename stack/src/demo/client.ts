import { credentials, type Client as GrpcClient, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import {
  type Authorizer,
  AuthorizersClient,
  CodeManagementClient,
  METHODS,
  type Method,
  type Operation,
  OperationsClient,
  type RequestOf,
  type ResultOf,
  serviceOf,
  TemplatesClient,
} from '@wxa/contracts';
import { StackError } from '../stack-error.js';

type OfKind<M extends Method, K> = M extends Method
  ? (typeof METHODS)[M]['kind'] extends K
    ? M
    : never
  : never;
export type Change = OfKind<Method, 'change'>;
export type Query = OfKind<Method, 'query'>;

/** A request's fields; those left out have their proto default. */
export type Fields<M extends Method> = Partial<Omit<RequestOf<M>, 'appid' | 'requestId'>>;

export type Caller = { appid: string; requestId: string };

const DEADLINE_MS = 15_000;

/** The gRPC API as a user's program calls it. */
export class Client {
  private readonly services: Record<ReturnType<typeof serviceOf>, GrpcClient>;
  private readonly operations: OperationsClient;

  constructor(address: string) {
    const insecure = credentials.createInsecure();
    this.services = {
      CodeManagement: new CodeManagementClient(address, insecure),
      Templates: new TemplatesClient(address, insecure),
      Authorizers: new AuthorizersClient(address, insecure),
    };
    this.operations = new OperationsClient(address, insecure);
  }

  /** Has a change accepted; it runs later. */
  change<M extends Change>(method: M, caller: Caller, fields: Fields<M>): Promise<Operation> {
    return this.ask(method, request(method, caller, fields));
  }

  query<M extends Query>(method: M, caller: Caller, fields: Fields<M>): Promise<ResultOf<M>> {
    return this.ask(method, request(method, caller, fields));
  }

  /** Who authorized the platform, or did. */
  authorizer(appid: string): Promise<Authorizer> {
    return unary(this.services.Authorizers, 'getAuthorizer', { appid });
  }

  /** The operation as soon as it has ended or is in doubt, or as it is after 14 s. */
  wait(id: string): Promise<Operation> {
    const timeout = { seconds: BigInt(DEADLINE_MS / 1000 - 1), nanos: 0 };
    return unary(this.operations, 'waitOperation', { id, timeout });
  }

  close(): void {
    for (const client of [...Object.values(this.services), this.operations]) client.close();
  }

  private ask<Answer>(method: Method, message: object): Promise<Answer> {
    return unary(this.services[serviceOf(method)], METHODS[method].field, message);
  }
}

function request<M extends Method>(method: M, caller: Caller, fields: Fields<M>): object {
  return { ...(METHODS[method].request.fromJSON({}) as object), ...fields, ...caller };
}

function unary<Answer>(client: GrpcClient, rpc: string, message: object): Promise<Answer> {
  const call = Reflect.get(client, rpc) as (...args: unknown[]) => void;
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, answer: Answer) =>
      error ? reject(refused(rpc, error)) : resolve(answer);
    call.call(client, message, new Metadata(), { deadline: Date.now() + DEADLINE_MS }, done);
  });
}

function refused(rpc: string, { code, details }: ServiceError): StackError {
  return new StackError(`${rpc} was answered ${status[code]}: ${details}`);
}
