import { hash } from 'node:crypto';

/**
 * SHA-256 over method and request, independent of the order of names. It distinguishes a repeated request from a
 * request_id that is reused with other content.
 * @param request the request as proto3 JSON; `requestId` is ignored.
 */
export function requestHash(method: string, { requestId: _, ...request }: Record<string, unknown>): Buffer {
  return hash('sha256', JSON.stringify([method, sorted(request)]), 'buffer');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // Wrapped in an object, so that it differs from a list of pairs.
  return { members: entries.map(([name, member]) => [name, sorted(member)]) };
}
