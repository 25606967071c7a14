import type { NextFunction, Request, Response } from 'express';

/** Sets the headers of every response. @param formTargets origins beside the console's that a form may lead to. */
export function securityHeaders(formTargets: () => readonly string[]) {
  const headers = () => ({
    'content-security-policy': [
      "default-src 'self'",
      "img-src 'self' data:",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      `form-action ${["'self'", ...formTargets()].join(' ')}`,
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  return (_: Request, response: Response, next: NextFunction): void => {
    response.set(headers());
    next();
  };
}
