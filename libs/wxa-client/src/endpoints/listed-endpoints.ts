import { isSecretName } from '../secret-names.js';
import { formatObject, type JsonObject } from '../transport/wechat-json.js';
import type { Endpoint } from './endpoint.js';

/** The request of an API that this client does not know. */
export interface ListedRequest {
  /** Its path without a leading slash. */
  api: string;
  query: Record<string, string>;
  /** A JSON object as text, which is sent unchanged; undefined: GET. */
  body: string | undefined;
}

/** The endpoint of an API that this client does not know. Its value is the answer as JSON, without its secrets. */
export function listedEndpoint({ api, body }: ListedRequest): Endpoint<ListedRequest, string> {
  return {
    api,
    ...(body !== undefined && { rawBody: () => Buffer.from(body) }),
    query: ({ query }) => query,
    read: (answer) => formatObject(withoutSecrets(answer) as JsonObject),
  };
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  return Object.fromEntries(
    members.map(([name, member]) => [name, isSecretName(name) ? '' : withoutSecrets(member)]),
  );
}
