import type { PeerCertificate } from 'node:tls';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';

/** By connection: Node parses the certificate at each call of `getAuthContext`, which costs more than the rest of an accept. */
const byConnection = new WeakMap<object, { certificate: PeerCertificate | undefined }>();

/** The verified certificate of a call's client: the same object for all calls of a connection. */
export function peerCertificate(
  call: Pick<ServerInterceptingCallInterface, 'getAuthContext'>,
): PeerCertificate | undefined {
  const connection = connectionOf(call);
  const known = connection && byConnection.get(connection);
  if (known !== undefined) return known.certificate;
  const certificate = call.getAuthContext().sslPeerCertificate;
  if (connection !== undefined) byConnection.set(connection, { certificate });
  return certificate;
}

/** The HTTP/2 session of a call. grpc-js 1.14.7 keeps it in private fields; undefined if another version does not. */
function connectionOf(call: object): object | undefined {
  let inner: { nextCall?: object; stream?: { session?: object } } | undefined = call;
  while (inner !== undefined && inner.stream === undefined) inner = inner.nextCall;
  return inner?.stream?.session;
}
