import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { JsonObject } from '@bufbuild/protobuf';
import { methodOf } from '@wxa/client';
import { EXIT, UsageError } from '../exit-codes.js';
import { type Gateway, withGateway } from '../gateway/gateway.js';
import { print } from '../output/print.js';
import type { CommonValues } from './call.js';
import { withRequestId } from './request-id.js';
import { responseText } from './show.js';
import { durationMs } from './units.js';

const RPC = 'CodeManagement/UploadAuditMedia';
/** The gateway takes a file within 2 minutes, and WeChat within three time-outs of a call. */
const TIMEOUT_MS = 240_000;
const CHUNK_BYTES = 256 * 1024;
const CONTENT_TYPES: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.mp4': 'video/mp4',
};

interface Values extends CommonValues {
  appid: string;
  file: string;
  fileName?: string;
  contentType?: string;
  requestId?: string;
  timeout?: string;
}

/** `wxa upload`: uploads a picture or video for WeChat's auditors and prints its media id. */
export async function uploadFile(values: Values): Promise<number> {
  const { appid, file, json, timeout } = values;
  const deadlineMs = durationMs(timeout, TIMEOUT_MS);
  const info = {
    appid,
    file_name: values.fileName ?? basename(file),
    content_type: values.contentType ?? contentTypeOf(file),
  };
  checkReadable(file);
  return withGateway(values, async (gateway) => {
    const response = await withRequestId(values.requestId, (requestId) =>
      upload(gateway, { ...info, request_id: requestId }, file, deadlineMs),
    );
    print(json, response, responseText(methodOf(RPC).output, response));
    return EXIT.ok;
  });
}

function contentTypeOf(file: string): string {
  const type = CONTENT_TYPES[extname(file).toLowerCase()];
  if (type === undefined)
    throw new UsageError(`--content-type is missing: ${file} has none of the known endings`);
  return type;
}

function checkReadable(file: string): void {
  try {
    if (!statSync(file).isFile()) throw new Error(`not a file: ${file}`);
  } catch (error) {
    throw new UsageError(`--file: ${(error as Error).message}`);
  }
}

/** Rejects with a ServiceError. */
async function upload(
  gateway: Gateway,
  info: JsonObject,
  file: string,
  deadlineMs: number,
): Promise<JsonObject> {
  const { stream, response } = gateway.upload(RPC, deadlineMs);
  let isOver = false;
  const ended = response.then(
    () => undefined,
    () => undefined,
  );
  void ended.then(() => {
    isOver = true;
  });
  // A rejected upload ends the stream; the callback has the error.
  stream.on('error', () => undefined);
  stream.write({ info });
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    if (isOver) break;
    const isFull = !stream.write({ chunk: (chunk as Buffer).toString('base64') });
    if (isFull) await Promise.race([once(stream, 'drain'), ended]);
  }
  stream.end();
  return response;
}
