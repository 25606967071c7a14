import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo } from '../generated/google/rpc/error_details.js';
import { Status } from '../generated/google/rpc/status.js';
import { VIOLATION_ARGUMENTS } from './violations.js';

const DETAILS = 'grpc-status-details-bin';

/** An invalid field. The reason is empty and there are no arguments if the gateway is of an earlier version. */
export interface CallViolation {
  field: string;
  description: string;
  reason: string;
  args: Readonly<Record<string, string>>;
}

/** The details of an error that a client got from the gateway. */
export interface CallErrorDetails {
  /** `ErrorInfo.reason`, for example `ROLLOUT_STATE`; undefined without details. */
  reason: string | undefined;
  /** What the gateway adds to the reason, such as `rid` and `errcode`. */
  facts: Record<string, string>;
  /** The invalid fields, as in `waves[0].percent`. */
  violations: CallViolation[];
  retryAfterMs: number | undefined;
}

/** Whether something that was thrown is the error of a call. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && 'metadata' in error;
}

/** Reads google.rpc.ErrorInfo, BadRequest and RetryInfo from the metadata of an error. */
export function detailsOfError({ metadata = new Metadata() }: ServiceError): CallErrorDetails {
  const [bytes] = metadata.get(DETAILS);
  const details = Buffer.isBuffer(bytes) ? Status.decode(bytes).details : [];
  const find = (name: string) => details.find(({ typeUrl }) => typeUrl.endsWith(`google.rpc.${name}`))?.value;
  const [info, retry, bad] = [find('ErrorInfo'), find('RetryInfo'), find('BadRequest')];
  const { reason, metadata: facts }: Partial<ErrorInfo> & Pick<ErrorInfo, 'metadata'> =
    info === undefined ? { metadata: {} } : ErrorInfo.decode(info);
  const args: CallViolation['args'][] = JSON.parse(facts[VIOLATION_ARGUMENTS] ?? '[]');
  const fields = bad === undefined ? [] : BadRequest.decode(bad).fieldViolations;
  const wait = retry === undefined ? undefined : RetryInfo.decode(retry).retryDelay;
  return {
    reason,
    facts,
    violations: fields.map(({ field, description, reason }, i) => ({
      ...{ field, description, reason },
      args: args[i] ?? {},
    })),
    retryAfterMs: wait === undefined ? undefined : Number(wait.seconds) * 1000 + wait.nanos / 1e6,
  };
}
