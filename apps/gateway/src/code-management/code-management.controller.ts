import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { METHODS, type Method, type RequestOf, serviceOf } from '@wxa/contracts';
import { RpcErrorFilter } from '../grpc/rpc-error-filter.js';
import { AcceptOperations, type AcceptOptions } from './accept-operations.js';
import { QueryResponder } from './query-responder.js';

type Call = ServerUnaryCall<unknown, unknown>;

/** Every RPC of METHODS but two: all accept; a query then waits for the outcome. */
@Controller()
@UseFilters(RpcErrorFilter)
export class CodeManagementController {
  constructor(
    @Inject(AcceptOperations) private readonly operations: AcceptOperations,
    @Inject(QueryResponder) private readonly answers: QueryResponder,
  ) {}

  handle<M extends Method>(method: M, request: RequestOf<M>, call: Call): Promise<unknown> {
    const accept = (options: AcceptOptions) => this.operations.accept(method, request, options);
    return this.answers.respond(method, call, accept, request.requestId === '');
  }
}

/** Those that take a stream or a secret are asked elsewhere, and keep that in Postgres. */
const ELSEWHERE: readonly Method[] = ['UploadAuditMedia', 'ImportAuthorizer'];
const HERE = (Object.keys(METHODS) as Method[]).filter((method) => !ELSEWHERE.includes(method));

// One handler for each row of METHODS, so that an RPC can be neither forgotten nor written twice.
for (const method of HERE) {
  const rpc = method.charAt(0).toLowerCase() + method.slice(1);
  const descriptor = {
    configurable: true,
    value: function (
      this: CodeManagementController,
      request: RequestOf<Method>,
      _metadata: Metadata,
      call: Call,
    ) {
      return this.handle(method, request, call);
    },
  };
  Object.defineProperty(CodeManagementController.prototype, rpc, descriptor);
  GrpcMethod(serviceOf(method), rpc)(CodeManagementController.prototype, rpc, descriptor);
}
