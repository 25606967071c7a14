import { parseExact } from '../exact-json.js';
import type { ApiDefinition, Call } from '../model/api.js';

/**
 * The body as an object, or the errcode: 43001
 * 43002 verb, 44002 empty body, 47001 not a JSON object.
 */
export function checkRequest(api: ApiDefinition, verb: string, body: string): Call['body'] | number {
  if (verb !== api.verb) return api.verb === 'GET' ? 43001 : 43002;
  if (verb === 'GET') return {};
  if (api.isForm) return formFields(body);
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

/** The fields of a multipart form, whose first line is its boundary. */
function formFields(body: string): Record<string, unknown> {
  const boundary = body.slice(0, body.indexOf('\r\n'));
  if (!boundary.startsWith('--')) return {};
  const parts = `\r\n${body}`.split(`\r\n${boundary}`).slice(1, -1);
  return Object.fromEntries(
    parts.map((part) => {
      const end = part.indexOf('\r\n\r\n');
      return [/ name="([^"]*)"/.exec(part.slice(0, end))?.[1] ?? '', part.slice(end + 4)];
    }),
  );
}
