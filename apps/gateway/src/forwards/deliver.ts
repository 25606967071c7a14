import { Agent, type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps, Agent as TlsAgent } from 'node:https';

/** A callback as WeChat sent it. */
export interface Delivery {
  /** With the `?`; empty if it had none. */
  search: string;
  contentType: string | undefined;
  body: Buffer;
}

/** What a target answered. `body`: undefined if it is over 64 KiB. */
export interface TargetAnswer {
  status: number;
  body: Buffer | undefined;
}

const MAX_BYTES = 64 * 1024;
/** How long an unused connection is kept; most servers keep it at least as long. */
const IDLE_MS = 4_000;

const OPTIONS = { keepAlive: true, timeout: IDLE_MS };
const plain = new Agent(OPTIONS);
const encrypted = new TlsAgent(OPTIONS);

/** Posts a callback unchanged, once, without following a redirect. Rejects when `signal` is aborted. */
export function deliver(
  url: URL,
  { search, contentType, body }: Delivery,
  signal: AbortSignal,
): Promise<TargetAnswer> {
  const target = new URL(url);
  target.search = '';
  const query = url.search === '' ? search : `${url.search}&${search.slice(1)}`;
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:';
    const options = {
      method: 'POST',
      // As it is, because URL would write some characters otherwise.
      path: target.pathname + query,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      headers: {
        host: url.host,
        ...(contentType !== undefined && { 'content-type': contentType }),
        'content-length': body.length,
      },
      agent: isTls ? encrypted : plain,
      signal,
    };
    const request = (isTls ? overHttps : overHttp)(options, (response) => {
      const { statusCode: status = 0 } = response;
      read(response).then((answer) => resolve({ status, body: answer }), reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** A larger answer is not read to its end. */
async function read(response: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
