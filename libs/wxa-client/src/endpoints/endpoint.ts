import { type JsonObject, saysOk } from '../wechat-json.js';
import type { Done } from '../wxa-result.js';

/** One API of WeChat: how a request is put, and how the answer is read. */
export interface Endpoint<Request, Value> {
  /** The path without a leading slash; also the name of the API in errors. */
  api: string;
  /** For an API by which the platform gets its first token. */
  withoutToken?: true;
  /** What of a request, beside the token, must get into no text of a result. */
  secrets?: (request: Request) => string[];
  /** POST where there is one, GET where not. */
  body?: (request: Request) => JsonObject;
  /** Instead of a body: a file as multipart/form-data. */
  form?: (request: Request) => FormFile;
  /** Query parameters beside the token; those undefined or empty are left out. */
  query?: (request: Request) => Record<string, string | undefined>;
  /** The value in an answer without an error; undefined where what it must have is not there. */
  read: (answer: JsonObject, request: Request) => Value | undefined;
  /** For an API that answers with bytes instead of JSON. */
  readBytes?: (body: Buffer, contentType: string) => Value | undefined;
}

/** One file of a form. */
export interface FormFile {
  /** Of the form's field. */
  name: string;
  fileName: string;
  contentType: string;
  content: FileContent;
}

/** Bytes that need not be in memory all at once; `new Blob([bytes])` and `await openAsBlob(path)` are such. */
export interface FileContent {
  /** In bytes. */
  size: number;
  /** Exactly so many. */
  stream(): AsyncIterable<Uint8Array>;
}

/** The request of an API that asks for nothing. */
export type NoRequest = Record<string, never>;

/** The answer `{"errcode":0}`; without an errcode nobody knows whether it was done. */
export function readDone(answer: JsonObject): Done | undefined {
  return saysOk(answer) ? {} : undefined;
}
