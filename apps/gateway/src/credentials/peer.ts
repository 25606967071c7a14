import type { PeerCertificate } from 'node:tls';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';

/** The client of a call. */
export interface Peer {
  /** Verified; the same object for all calls of a connection. */
  certificate: PeerCertificate | undefined;
  /** Address and, if it presented a certificate, the common name in it. */
  name: string;
}

type Call = Pick<ServerInterceptingCallInterface, 'getAuthContext' | 'getPeer'>;

/** By connection: Node parses the certificate at each call of `getAuthContext`, which costs more than the rest of an accept. */
const byConnection = new WeakMap<object, Peer>();

/** The client of a call: the same object for all calls of a connection. */
export function peerOf(call: Call): Peer {
  const connection = connectionOf(call);
  const known = connection && byConnection.get(connection);
  if (known !== undefined) return known;
  const peer = readPeer(call);
  if (connection !== undefined) byConnection.set(connection, peer);
  return peer;
}

function readPeer(call: Call): Peer {
  const certificate = call.getAuthContext().sslPeerCertificate;
  const cn: unknown = certificate?.subject?.CN;
  return { certificate, name: typeof cn === 'string' ? `${call.getPeer()} ${cn}` : call.getPeer() };
}

/** The HTTP/2 session of a call. grpc-js 1.14.7 keeps it in private fields; undefined if another version does not. */
export function connectionOf(call: object): object | undefined {
  let inner: { nextCall?: object; stream?: { session?: object } } | undefined = call;
  while (inner !== undefined && inner.stream === undefined) inner = inner.nextCall;
  return inner?.stream?.session;
}
