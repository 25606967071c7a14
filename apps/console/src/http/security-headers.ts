import { isLoopback } from '@wxa/service';
import type { NextFunction, Request, Response } from 'express';

const YEAR_S = 31_536_000;

/**
 * Sets the headers of every response.
 * @param origin the one that browsers use.
 * @param formTargets origins beside it that a form may lead to.
 */
export function securityHeaders({ protocol, hostname }: URL, formTargets: () => readonly string[]) {
  const isHttpsOnly = protocol === 'https:' && !isLoopback(hostname);
  const headers = () => ({
    'content-security-policy': contentSecurityPolicy(formTargets()),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    ...(isHttpsOnly && { 'strict-transport-security': `max-age=${YEAR_S}` }),
  });
  return (_: Request, response: Response, next: NextFunction): void => {
    response.set(headers());
    next();
  };
}

/** @param nonce of the style elements that the application's scripts add. */
export function contentSecurityPolicy(formTargets: readonly string[], nonce?: string): string {
  return [
    "default-src 'self'",
    ...(nonce === undefined ? [] : [`style-src 'self' 'nonce-${nonce}'`]),
    "img-src 'self' data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
  ].join('; ');
}
