import type { ServiceError } from '@grpc/grpc-js';
import { RetryInfo, Status } from '@wxa/contracts';

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** The delay in the RetryInfo of an error; undefined if it has none. */
export function retryDelayMs({ metadata }: Pick<ServiceError, 'metadata'>): number | undefined {
  const [bytes] = metadata?.get('grpc-status-details-bin') ?? [];
  if (!Buffer.isBuffer(bytes)) return undefined;
  const info = Status.decode(bytes).details.find(({ typeUrl }) => typeUrl === RETRY_INFO);
  const { retryDelay } = info === undefined ? {} : RetryInfo.decode(info.value);
  return retryDelay && Number(retryDelay.seconds) * 1000 + retryDelay.nanos / 1e6;
}
