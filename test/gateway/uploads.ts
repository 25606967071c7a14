import { randomBytes } from 'node:crypto';
import type { ClientWritableStream } from '@grpc/grpc-js';
import type {
  CodeManagementClient,
  UploadAuditMediaInfo,
  UploadAuditMediaRequest,
  UploadAuditMediaResponse,
} from '@wxa/contracts';
import { metadataOf } from './calls.js';

export const MIB = 1024 * 1024;

const file = (head: string, size: number) =>
  Buffer.concat([Buffer.from(head, 'latin1'), randomBytes(size - head.length)]);
export const png = (size: number) => file('\x89PNG\r\n\x1a\n', size);
export const mp4 = (size: number) => file('\0\0\0\x18ftypmp42', size);

/** An upload in progress. */
export interface Upload {
  stream: ClientWritableStream<UploadAuditMediaRequest>;
  answer: Promise<UploadAuditMediaResponse>;
}

/** The first message of an upload. */
export function info(given: Partial<UploadAuditMediaInfo>): UploadAuditMediaRequest {
  const value = { appid: '', requestId: '', fileName: 'a.png', contentType: 'image/png', ...given };
  return { part: { $case: 'info', value } };
}

export function chunk(value: Buffer): UploadAuditMediaRequest {
  return { part: { $case: 'chunk', value } };
}

/** Starts an upload with these messages; the stream stays open. */
export function beginUpload(
  client: CodeManagementClient,
  messages: UploadAuditMediaRequest[],
  headers: Record<string, string> = {},
): Upload {
  let stream: Upload['stream'] | undefined;
  const answer = new Promise<UploadAuditMediaResponse>((resolve, reject) => {
    stream = client.uploadAuditMedia(metadataOf(headers), (error, given) =>
      error === null ? resolve(given) : reject(error),
    );
  });
  if (stream === undefined) throw new Error('no stream');
  // A failed call cancels pending writes; `answer` rejects with the same error.
  stream.on('error', () => undefined);
  for (const message of messages) stream.write(message);
  return { stream, answer };
}

/** Uploads a whole file. */
export function sendMedia(
  client: CodeManagementClient,
  given: Partial<UploadAuditMediaInfo>,
  content: Buffer,
  chunkBytes = MIB,
  headers: Record<string, string> = {},
): Upload {
  const count = Math.ceil(content.length / chunkBytes);
  const chunks = Array.from({ length: count }, (_, n) =>
    chunk(content.subarray(n * chunkBytes, (n + 1) * chunkBytes)),
  );
  const upload = beginUpload(client, [info(given), ...chunks], headers);
  upload.stream.end();
  return upload;
}
