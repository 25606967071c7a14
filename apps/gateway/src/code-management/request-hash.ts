import { hash } from 'node:crypto';

/**
 * Tells a repeat from a reuse of a request_id: SHA-256 over method and request, whatever the order of names.
 * @param request its proto3 JSON; its `requestId` does not count.
 */
export function requestHash(method: string, { requestId: _, ...request }: Record<string, unknown>): Buffer {
  return hash('sha256', JSON.stringify([method, sorted(request)]), 'buffer');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // In an object of its own, or it would look like a list of pairs.
  return { members: entries.map(([name, member]) => [name, sorted(member)]) };
}
