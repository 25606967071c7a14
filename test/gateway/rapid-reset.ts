import { once } from 'node:events';
import { connect } from 'node:net';

const HEADERS = 1;
const DATA = 0;
const RST_STREAM = 3;
const SETTINGS = 4;
const END_STREAM = 1;
const END_HEADERS = 4;
const CANCEL = Buffer.from([0, 0, 0, 8]);
/** Node closes a connection on which more streams than that are reset at once. */
const STREAMS_PER_CONNECTION = 900;

/** A gRPC call as bytes. */
export interface RawCall {
  /** As in `/wxa.code.v1.Operations/GetOperation`. */
  path: string;
  message: Uint8Array;
}

/** Sends calls that are complete and resets each at once: no client library does that, so the frames are made here. */
export async function rapidReset(address: string, calls: readonly RawCall[]): Promise<void> {
  for (let from = 0; from < calls.length; from += STREAMS_PER_CONNECTION)
    await resetAll(address, calls.slice(from, from + STREAMS_PER_CONNECTION));
}

async function resetAll(address: string, calls: readonly RawCall[]): Promise<void> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  const streams = calls.map((call, i) => resetStream(2 * i + 1, call));
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.end(Buffer.concat([preface, frame(SETTINGS, 0, 0, Buffer.alloc(0)), ...streams]));
  await once(socket, 'close');
}

function resetStream(id: number, { path, message }: RawCall): Buffer {
  const length = Buffer.alloc(5);
  length.writeUInt32BE(message.length, 1);
  return Buffer.concat([
    frame(HEADERS, END_HEADERS, id, headersOf(path)),
    frame(DATA, END_STREAM, id, Buffer.concat([length, message])),
    frame(RST_STREAM, 0, id, CANCEL),
  ]);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK (RFC 7541): `POST` and `http` by their index, all else as literals without Huffman coding. */
function headersOf(path: string): Buffer {
  const literals = Object.entries({
    ':path': path,
    ':authority': 'gateway',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  return Buffer.concat([Buffer.from([0x83, 0x86]), ...literals.map(literal)]);
}

function literal([name, value]: [string, string]): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}
