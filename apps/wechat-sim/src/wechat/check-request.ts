import { parseExact } from '../exact-json.js';
import type { Api } from './api-table.js';
import type { Call } from './call.js';

/** The body as an object, or the errcode: 43001 / 43002 verb, 44002 nothing sent, 47001 not a JSON object. */
export function checkRequest(api: Api, verb: string, body: string): Call['body'] | number {
  if (verb !== api.verb) return api.verb === 'GET' ? 43001 : 43002;
  if (verb === 'GET') return {};
  if (body.trim() === '') return 44002;
  try {
    const value = parseExact(body);
    return isObject(value) ? value : 47001;
  } catch {
    return 47001;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
