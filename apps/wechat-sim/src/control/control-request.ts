import type { z } from 'zod';
import { parseExact } from '../exact-json.js';
import type { Simulator } from '../simulator.js';
import { APPID_PATTERN } from '../wechat/tokens.js';

/** A request to the control API. */
export interface ControlRequest {
  sim: Simulator;
  /** The values of the route's placeholders. */
  params: string[];
  query: URLSearchParams;
  body: string;
}

/** Status and JSON of the response; the status defaults to 200. */
export interface ControlResponse {
  status?: number;
  json: unknown;
}

/** A request that the control API rejects, with all errors together. */
export class ControlError extends Error {
  constructor(
    readonly status: number,
    readonly faults: string[],
  ) {
    super(faults.join('; '));
  }
}

/** The body checked against its schema; a missing one counts as `{}`. Throws a 400 with all errors. */
export function bodyAs<Schema extends z.ZodType>({ body }: ControlRequest, schema: Schema): z.output<Schema> {
  return checked(schema, parsed(body));
}

/** The query checked against its schema. */
export function queryAs<Schema extends z.ZodType>(
  { query }: ControlRequest,
  schema: Schema,
): z.output<Schema> {
  return checked(schema, Object.fromEntries(query));
}

/** Returns an appid of the path; throws a 404 if it is malformed. */
export function knownAppid(appid = ''): string {
  if (!APPID_PATTERN.test(appid))
    throw new ControlError(404, ['an appid is wx and 16 lower-case hex digits']);
  return appid;
}

function parsed(body: string): unknown {
  try {
    return body.trim() === '' ? {} : parseExact(body);
  } catch {
    throw new ControlError(400, ['the body is not JSON']);
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ControlError(
    400,
    result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`),
  );
}
