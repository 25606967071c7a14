import {
  type ChannelCredentials,
  type Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';

/** A method as the contract's services have it, or as made from its descriptor. */
export type RpcMethod<Request, Response> = Pick<
  MethodDefinition<Request, Response>,
  'path' | 'requestSerialize' | 'responseDeserialize'
>;

export interface RpcOptions {
  metadata: Metadata;
  deadlineMs: number;
  signal?: AbortSignal | undefined;
}

/** Calls a unary RPC of the gateway. Rejects with a ServiceError. */
export function unary<Request, Response>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: RpcMethod<Request, Response>,
  request: Request,
  { metadata, deadlineMs, signal }: RpcOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const cancel = () => call.cancel();
    const done = (error: ServiceError | null, response?: Response) => {
      signal?.removeEventListener('abort', cancel);
      if (response === undefined) reject(error);
      else resolve(response);
    };
    const options = { deadline: Date.now() + deadlineMs };
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      options,
      done,
    );
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel);
  });
}

/** Opens a stream of responses; without a deadline unless it is given. */
export function streamed<Request, Response>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: RpcMethod<Request, Response>,
  request: Request,
  { metadata, deadlineMs }: Pick<RpcOptions, 'metadata'> & Partial<RpcOptions>,
): ClientReadableStream<Response> {
  const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
  return client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    metadata,
    options,
  );
}

/** With whose rights a call is made, and for whom. */
export interface Credential {
  /** A JWT or an API key. */
  token?: string | undefined;
  /** The person whom the audit trail names. */
  person?: string | undefined;
}

/** The metadata of a call. */
export function metadataOf({ token, person }: Credential): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  if (person !== undefined) metadata.set('wxa-on-behalf-of', encodeURIComponent(person));
  return metadata;
}

/** A channel with the contents of PEM files; undefined: without TLS. */
export function channelOf(
  tls: { ca?: string | undefined; key?: string | undefined; cert?: string | undefined } | undefined,
): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const bytes = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  return credentials.createSsl(bytes(tls.ca), bytes(tls.key), bytes(tls.cert));
}
