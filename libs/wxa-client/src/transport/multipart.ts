import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

export interface FormFile {
  /** The name of the form's field. */
  name: string;
  fileName: string;
  contentType: string;
  content: FileContent;
}

/** Bytes that are not all in memory at once, such as `new Blob([bytes])` and `await openAsBlob(path)`. */
export interface FileContent {
  /** In bytes. */
  size: number;
  /** Exactly `size` bytes. */
  stream(): AsyncIterable<Uint8Array>;
}

/** Makes a form with one file (RFC 7578): its bytes as a stream, and the headers with its length. */
export function multipart({ name, fileName, contentType, content }: FormFile) {
  // Random, so that the file does not contain it.
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
  // An error of the content aborts the call and is reported as such.
  return { body: Readable.from(body(), { objectMode: false }).on('error', () => undefined), headers };
}

/** Quotes names as browsers do. */
function quoted(text: string): string {
  return text.replace(/["\r\n]/g, encodeURIComponent);
}
