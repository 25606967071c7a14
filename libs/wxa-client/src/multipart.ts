import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FormFile } from './endpoints/endpoint.js';

/** A form of one file (RFC 7578): its bytes as they are read, and the headers that tell their number. */
export function multipart({ name, fileName, contentType, content }: FormFile) {
  // Random, so that it is not in the file.
  const boundary = `wxa-${randomBytes(16).toString('hex')}`;
  const head = Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"; filename="${quoted(fileName)}"\r\n` +
      `content-type: ${contentType.replace(/[\r\n]/g, '')}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const headers = {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'content-length': String(head.length + content.size + tail.length),
  };
  async function* body(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* content.stream();
    yield tail;
  }
  // What goes wrong while it is read breaks the call off, and shows as that.
  return { body: Readable.from(body(), { objectMode: false }).on('error', () => undefined), headers };
}

/** As browsers write names. */
function quoted(text: string): string {
  return text.replace(/["\r\n]/g, encodeURIComponent);
}
