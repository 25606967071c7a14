import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { continueTrace, METHODS, type Method, type RequestOf, serviceOf } from '@wxa/contracts';
import { type GatewaySettings, SETTINGS } from '../config.js';
import { callSignal } from '../grpc/call-signal.js';
import { Fault, fault } from '../grpc/fault.js';
import { FaultFilter } from '../grpc/fault-filter.js';
import { rejected } from '../metrics.js';
import { isFinal, Outcomes } from '../outcomes/outcomes.js';
import { AcceptOperations } from './accept-operations.js';
import { queryAnswer } from './query-answer.js';

type Call = ServerUnaryCall<unknown, unknown>;

/** An operation's deadline runs from its first claim, and its last call may outlast it: its outcome is still told. */
const AFTER_DEADLINE_MS = 30_000;

/** Every RPC of METHODS: all accept; a query then waits for the outcome. */
@Controller()
@UseFilters(FaultFilter)
export class CodeManagementController {
  constructor(
    @Inject(AcceptOperations) private readonly operations: AcceptOperations,
    @Inject(Outcomes) private readonly outcomes: Outcomes,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  async handle<M extends Method>(
    method: M,
    request: RequestOf<M>,
    metadata: Metadata,
    call: Call,
  ): Promise<unknown> {
    try {
      return await this.#answer(method, request, metadata, call);
    } catch (error) {
      rejected.inc({ method, reason: error instanceof Fault ? error.facts.reason : 'ERROR' });
      throw error;
    }
  }

  async #answer<M extends Method>(method: M, request: RequestOf<M>, metadata: Metadata, call: Call) {
    const traceparent = continueTrace(metadata.get('traceparent')[0]?.toString());
    const signal = callSignal(call);
    const isQuery = METHODS[method].kind === 'query';
    // Refused before anything is written: nobody would hear of the outcome.
    if (isQuery) this.outcomes.refuseIfFull();
    const { WECHAT_COMPONENT_APPID: componentAppid } = this.settings;
    const operation = await this.operations.accept(method, request, { traceparent, componentAppid });
    if (!isQuery) return operation;
    return queryAnswer(isFinal(operation) ? operation : await this.#wait(operation.id, signal));
  }

  async #wait(id: string, signal: AbortSignal) {
    const longestMs = this.settings.OPERATION_DEADLINE_MS + AFTER_DEADLINE_MS;
    const operation = await this.outcomes.wait(id, signal, longestMs);
    if (operation !== undefined) return operation;
    if (signal.aborted) throw fault('CALLER_GONE', `operation ${id} goes on without a caller`);
    throw fault('WAIT_ENDED', `operation ${id} is not done yet; Operations.GetOperation looks it up`);
  }
}

// One handler for each row of METHODS, so that an RPC can be neither forgotten nor written twice.
for (const method of Object.keys(METHODS) as Method[]) {
  const rpc = method.charAt(0).toLowerCase() + method.slice(1);
  const descriptor = {
    configurable: true,
    value: function (
      this: CodeManagementController,
      request: RequestOf<Method>,
      metadata: Metadata,
      call: Call,
    ) {
      return this.handle(method, request, metadata, call);
    },
  };
  Object.defineProperty(CodeManagementController.prototype, rpc, descriptor);
  GrpcMethod(serviceOf(method), rpc)(CodeManagementController.prototype, rpc, descriptor);
}
