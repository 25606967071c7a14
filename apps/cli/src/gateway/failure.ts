import { status as Code, type ServiceError } from '@grpc/grpc-js';
import { detailsOfError } from '@wxa/contracts';
import { EXIT } from '../exit-codes.js';
import { singleLine } from '../output/printable.js';

export { isServiceError } from '@wxa/contracts';

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

/** The lines that explain an error of a call, and the exit code that it means. */
export function explain(error: ServiceError): { lines: string[]; code: number } {
  const { reason, facts, violations } = detailsOfError(error);
  const head = reason === undefined ? Code[error.code] : `${Code[error.code]}: ${reason}`;
  const lines = [
    `gateway: ${head}: ${reason === undefined ? connectionText(error) : singleLine(error.details)}`,
  ];
  for (const { field, description } of violations)
    lines.push(`  ${flagOf(field)}: ${singleLine(description)}`);
  if (facts.rid) lines.push(`  rid: ${singleLine(facts.rid)}`);
  return { lines, code: exitCode(error.code, facts) };
}

/** Says what gRPC does not: which of the two sides speaks TLS. */
function connectionText({ details }: ServiceError): string {
  if (details.includes('wrong version number'))
    return 'the gateway speaks without TLS, as that of `npm start`: set WXA_PLAINTEXT=1';
  if (/^(No connection established|Failed to connect)/.test(details))
    return `${singleLine(details)} If the gateway speaks TLS, unset WXA_PLAINTEXT`;
  return singleLine(details);
}

/** How long to wait before a repeated call. */
export function retryDelayMs(error: ServiceError): number {
  return detailsOfError(error).retryAfterMs ?? RETRY_MS;
}

/** An error of WeChat itself is the failure of the operation, whatever its status. */
function exitCode(code: Code, { api, retryable }: Record<string, string>): number {
  if (api) return retryable === 'true' ? EXIT.retryLater : EXIT.notFound;
  return CODES[code] ?? EXIT.notFound;
}

/** `items[0].tag` is part of `--items`. */
function flagOf(field: string): string {
  const [, name = '', rest = ''] = /^(\w*)(.*)$/s.exec(field) ?? [];
  return `--${name.replaceAll('_', '-')}${singleLine(rest)}`;
}

/** WeChat's own error of a call; undefined if it is another. */
export function errorOfWechat(error: ServiceError): { reason: string; message: string } | undefined {
  const { reason, facts } = detailsOfError(error);
  return facts.api && reason !== undefined ? { reason, message: singleLine(error.details) } : undefined;
}
