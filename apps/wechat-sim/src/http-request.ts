import type { IncomingMessage } from 'node:http';

/** More than any call of the code-management API needs. */
const MAX_BYTES = 11 * 1024 * 1024;

/**
 * The whole body as text; undefined if the sender disconnected or exceeded the limit, which cuts the
 * connection.
 */
export function readBody(req: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) req.destroy();
      else chunks.push(chunk);
    });
    req.on('end', () => resolve(chunks.length === 0 ? '' : Buffer.concat(chunks).toString(encodingOf(req))));
    req.on('error', () => resolve(undefined));
    req.on('close', () => resolve(undefined));
  });
}

/** The bytes of a file stay intact, one in each character. */
function encodingOf(req: IncomingMessage): 'latin1' | 'utf8' {
  return req.headers['content-type']?.startsWith('multipart/') ? 'latin1' : 'utf8';
}

/** Path and raw query of a request target; a `?` inside the query belongs to the query. */
export function splitUrl(url = ''): { path: string; rawQuery: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, rawQuery: '' } : { path: url.slice(0, mark), rawQuery: url.slice(mark + 1) };
}
