import type { ServerErrorResponse } from '@grpc/grpc-js';
import { Catch, Inject, type RpcExceptionFilter } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { isLockTimeout, isUnavailable, QueueFullError, UnverifiedServerError } from '@wxa/postgres';
import { type Logger, unexpected } from '@wxa/service';
import { type Observable, throwError } from 'rxjs';
import { LOGGER } from '../config.js';
import { notVerified, rpcError } from './rpc-error.js';

/** Converts what a handler throws to an error for the caller. Unexpected errors are logged and not disclosed. */
@Catch()
export class RpcErrorFilter implements RpcExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(thrown: unknown): Observable<never> {
    return throwError(() => this.toResponse(thrown));
  }

  /** The error response in grpc-js's form. */
  toResponse(thrown: unknown): ServerErrorResponse {
    return this.#toRpcException(thrown).getError() as ServerErrorResponse;
  }

  #toRpcException(thrown: unknown): RpcException {
    if (thrown instanceof RpcException) return thrown;
    if (thrown instanceof QueueFullError)
      return rpcError('TOO_MANY_REQUESTS', 'too many concurrent requests; retry later');
    if (thrown instanceof UnverifiedServerError) return notVerified();
    if (isUnavailable(thrown) || isLockTimeout(thrown))
      return rpcError('STORE_UNAVAILABLE', 'database unavailable; retry');
    this.logger.error(unexpected(thrown), 'unexpected error');
    return rpcError('INTERNAL', "internal error; see the gateway's log");
  }
}
