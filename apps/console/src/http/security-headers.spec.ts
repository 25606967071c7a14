import { expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import { securityHeaders } from './security-headers.js';

/** The headers of the responses of a console with this origin. */
function headersOf(origin: string): Record<string, string> {
  const headers = {};
  const response = { set: (given: object) => Object.assign(headers, given) };
  securityHeaders(new URL(origin), () => [])({} as Request, response as Response, () => undefined);
  return headers;
}

it('A console asks browsers for https only if the origin is https and not this machine', () => {
  const of = (origin: string) => headersOf(origin)['strict-transport-security'];
  expect(of('https://console.example.com')).toBe('max-age=31536000');
  expect(['http://127.0.0.1:8082', 'https://localhost'].map(of)).toEqual([undefined, undefined]);
});
