import type { FormFile } from '../transport/multipart.js';
import { type JsonObject, saysOk } from '../transport/wechat-json.js';
import type { Done } from '../wxa-result.js';

/** One API of WeChat: how its request is written and its response is read. */
export interface Endpoint<Request, Value> {
  /** The path without a leading slash; also the name of the API in errors. */
  api: string;
  /** For an API by which the platform obtains its first token. */
  withoutToken?: true;
  /** The secrets of a request, in addition to the token, that no text of a result may contain. */
  secrets?: (request: Request) => string[];
  /** POST if there is a body, else GET. */
  body?: (request: Request) => JsonObject;
  /** Instead of a body: a file as multipart/form-data. */
  form?: (request: Request) => FormFile;
  /** Query parameters in addition to the token; undefined and empty ones are omitted. */
  query?: (request: Request) => Record<string, string | undefined>;
  /** The value of a successful response; undefined if a required field is missing. */
  read: (answer: JsonObject, request: Request) => Value | undefined;
  /** For an API that responds with bytes instead of JSON. */
  readBytes?: (body: Buffer, contentType: string) => Value | undefined;
}

/** The request of an API without parameters. */
export type NoRequest = Record<string, never>;

/** The response `{"errcode":0}`; without an errcode it is unknown whether the call was executed. */
export function readDone(answer: JsonObject): Done | undefined {
  return saysOk(answer) ? {} : undefined;
}
