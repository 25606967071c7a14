import type { ServerErrorResponse } from '@grpc/grpc-js';
import { Catch, Inject, type RpcExceptionFilter } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import type { Logger } from '@wxa/service';
import { isUnavailable, QueueFullError } from '@wxa/store';
import { type Observable, throwError } from 'rxjs';
import { LOGGER } from '../config.js';
import { rpcError } from './rpc-error.js';

/** Turns whatever a handler throws into what a caller may see; the rest goes to the log. */
@Catch()
export class RpcErrorFilter implements RpcExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(thrown: unknown): Observable<never> {
    return throwError(() => this.refusal(thrown));
  }

  /** What grpc-js answers for it. */
  refusal(thrown: unknown): ServerErrorResponse {
    return this.#toFault(thrown).getError() as ServerErrorResponse;
  }

  #toFault(thrown: unknown): RpcException {
    if (thrown instanceof RpcException) return thrown;
    if (thrown instanceof QueueFullError)
      return rpcError('TOO_MANY_REQUESTS', 'too many concurrent requests; retry later');
    if (isUnavailable(thrown)) return rpcError('STORE_UNAVAILABLE', 'database unavailable; retry');
    this.logger.error({ error: thrown instanceof Error ? thrown.stack : String(thrown) }, 'unexpected error');
    return rpcError('INTERNAL', 'internal error');
  }
}
