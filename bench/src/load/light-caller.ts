import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { CodeManagementService, CommitRequest, Operation } from '@wxa/contracts';
import { CONNECTIONS } from './caller.js';

const HEADERS = {
  ':method': 'POST',
  ':path': CodeManagementService.commit.path,
  'content-type': 'application/grpc',
  te: 'trailers',
};
/** The prefix of a message: a compression flag and its size. Source: gRPC over HTTP2, "Length-Prefixed-Message". */
const PREFIX_BYTES = 5;

/** Submits commits with less than half the CPU of grpc-js's client, because the caller shares the cores with what is measured. */
export class LightCaller {
  readonly #sessions: ClientHttp2Session[];
  #next = 0;

  /** @param headers of each call, for example a credential. */
  constructor(
    address: string,
    private readonly headers: Record<string, string> = {},
  ) {
    this.#sessions = Array.from({ length: CONNECTIONS }, () => connect(`http://${address}`));
  }

  /** Rejects with the grpc-status and grpc-message of an error, or if the connection is lost. */
  commit(appid: string, userVersion: string): Promise<Operation> {
    const session = this.#sessions[this.#next++ % CONNECTIONS] as ClientHttp2Session;
    const request = { ...CommitRequest.fromJSON({}), appid, templateId: 1n, userVersion };
    const stream = session.request({ ...HEADERS, ...this.headers });
    stream.end(framed(CommitRequest.encode(request).finish()));
    return responseOf(stream);
  }

  async stop(): Promise<void> {
    for (const session of this.#sessions) session.close();
  }
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

function responseOf(stream: ClientHttp2Stream): Promise<Operation> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let ending: Record<string, unknown> = {};
    const readStatus = (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] !== undefined) ending = headers;
    };
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    // An error response has no body, and its headers are also its trailers.
    stream.on('response', readStatus);
    stream.on('trailers', readStatus);
    stream.on('error', reject);
    stream.on('close', () => {
      const { 'grpc-status': status, 'grpc-message': message } = ending;
      if (status === '0') resolve(Operation.decode(Buffer.concat(chunks).subarray(PREFIX_BYTES)));
      else reject(new Error(`grpc-status ${status}: ${message}`));
    });
  });
}
