import { status as Code, Metadata, type ServiceError } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@wxa/contracts';
import { EXIT } from '../exit-codes.js';
import { oneLine } from '../output/printable.js';

const DETAILS = 'grpc-status-details-bin';
const RETRY_MS = 1_000;

/** The exit code of a call that ended with a status of the gateway; every other status means that the operation failed. */
const CODES: Partial<Record<Code, number>> = {
  [Code.INVALID_ARGUMENT]: EXIT.usage,
  [Code.UNAUTHENTICATED]: EXIT.notPermitted,
  [Code.PERMISSION_DENIED]: EXIT.notPermitted,
  [Code.UNAVAILABLE]: EXIT.unavailable,
  [Code.RESOURCE_EXHAUSTED]: EXIT.retryLater,
  [Code.DEADLINE_EXCEEDED]: EXIT.retryLater,
  [Code.CANCELLED]: EXIT.retryLater,
};

/** What an error of the gateway says. */
interface Failure {
  reason?: string | undefined;
  /** What the gateway adds to the reason, such as `rid` and `errcode`. */
  facts: Record<string, string>;
  violations: { field: string; description: string }[];
  retryAfterMs?: number | undefined;
}

/** Whether something that was thrown is the error of a call. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && 'metadata' in error;
}

/** The lines that explain an error of a call, and the exit code that it means. */
export function explain(error: ServiceError): { lines: string[]; code: number } {
  const { reason, facts, violations } = failureOf(error);
  const head = reason === undefined ? Code[error.code] : `${Code[error.code]}: ${reason}`;
  const lines = [`gateway: ${head}: ${oneLine(error.details)}`];
  for (const { field, description } of violations) lines.push(`  ${flagOf(field)}: ${oneLine(description)}`);
  if (facts.rid) lines.push(`  rid: ${oneLine(facts.rid)}`);
  return { lines, code: exitCode(error.code, facts) };
}

/** How long to wait before a repeated call. */
export function retryDelayMs(error: ServiceError): number {
  return failureOf(error).retryAfterMs ?? RETRY_MS;
}

/** An error of WeChat itself is the failure of the operation, whatever its status. */
function exitCode(code: Code, { api, retryable }: Record<string, string>): number {
  if (api) return retryable === 'true' ? EXIT.retryLater : EXIT.notFound;
  return CODES[code] ?? EXIT.notFound;
}

function failureOf({ metadata = new Metadata() }: ServiceError): Failure {
  const [bytes] = metadata.get(DETAILS);
  const details = Buffer.isBuffer(bytes) ? Status.decode(bytes).details : [];
  const find = (name: string) => details.find(({ typeUrl }) => typeUrl.endsWith(`google.rpc.${name}`))?.value;
  const [info, retry, bad] = [find('ErrorInfo'), find('RetryInfo'), find('BadRequest')];
  const { reason, metadata: facts } = info === undefined ? { metadata: {} } : ErrorInfo.decode(info);
  const wait = retry === undefined ? undefined : RetryInfo.decode(retry).retryDelay;
  return {
    reason,
    facts,
    violations: bad === undefined ? [] : BadRequest.decode(bad).fieldViolations,
    retryAfterMs: wait === undefined ? undefined : Number(wait.seconds) * 1000 + wait.nanos / 1e6,
  };
}

/** `items[0].tag` is part of `--items`. */
function flagOf(field: string): string {
  const [, name = '', rest = ''] = /^(\w*)(.*)$/s.exec(field) ?? [];
  return `--${name.replaceAll('_', '-')}${oneLine(rest)}`;
}

/** WeChat's own error of a call; undefined if it is another. */
export function errorOfWechat(error: ServiceError): { reason: string; message: string } | undefined {
  const { reason, facts } = failureOf(error);
  return facts.api && reason !== undefined ? { reason, message: oneLine(error.details) } : undefined;
}
