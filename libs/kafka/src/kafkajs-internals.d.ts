declare module 'kafkajs/src/network/connection.js' {
  /** The part of kafkajs's connection that kafkajs-patches.ts patches. */
  class Connection {
    constructor(options: object);
    authHandlers: { onError(): void } | null;
    isConnected(): boolean;
    connect(): Promise<void>;
    rejectRequests(error: Error): void;
    sendAuthRequest(exchange: object): Promise<unknown>;
  }
  export default Connection;
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** The part of kafkajs's request queue that kafkajs-patches.ts patches. */
  const RequestQueue: {
    prototype: { pending: unknown[]; scheduleCheckPendingRequests(): void };
  };
  export default RequestQueue;
}

declare module 'kafkajs/src/cluster/index.js' {
  type CoordinatorRequest = { groupId: string; coordinatorType?: number };
  /** The part of kafkajs's cluster that kafkajs-patches.ts patches and topic-rights.ts uses. */
  class Cluster {
    brokerPool: {
      findConnectedBroker(): Promise<{
        findGroupCoordinator(request: CoordinatorRequest): Promise<object>;
        connectionPool: { send(call: object): Promise<unknown> };
      }>;
    };
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    findGroupCoordinatorMetadata(request: CoordinatorRequest): Promise<object>;
  }
  export default Cluster;
}

declare module 'kafkajs/src/consumer/consumerGroup.js' {
  /** The part of kafkajs's consumer group that kafkajs-patches.ts patches. */
  class ConsumerGroup {
    /** kafkajs replaces it at each assignment. */
    offsetManager: object;
    /** Kept while the consumer starts again. */
    cluster: object;
    memberId: string | null;
    leave(): Promise<void>;
    fetch(nodeId: number): Promise<object[]>;
    joinAndSync(): Promise<void>;
    assigned(): { topic: string; partitions: number[] }[];
    recoverFromOffsetOutOfRange(error: { topic: string; partition: number }): Promise<void>;
  }
  export default ConsumerGroup;
}

declare module 'kafkajs/src/consumer/runner.js' {
  import type ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';

  /** The part of kafkajs's runner that kafkajs-patches.ts patches. */
  class Runner {
    consumerGroup: ConsumerGroup;
    handleBatch(batch: object): Promise<void>;
    /** Called when the consumer ends, whether it is started again or not. */
    onCrash(error: Error & { retriable?: boolean }): Promise<void>;
    start(): Promise<void>;
  }
  export default Runner;
}

declare module 'kafkajs/src/protocol/decoder.js' {
  export type Header = { key: string; value: Buffer };
  export type ReadHeader = (decoder: Decoder) => Header;
  /** The part of kafkajs's decoder that record-headers.ts patches. */
  class Decoder {
    constructor(buffer: Buffer);
    buffer: Buffer;
    offset: number;
    readVarIntArray(read: ReadHeader): { reduce(...toObject: unknown[]): unknown };
  }
  export default Decoder;
}

declare module 'kafkajs/src/protocol/encoder.js' {
  /** A growing buffer; `buf` is filled up to `offset`. */
  class Encoder {
    constructor(initialSize?: number);
    buf: Buffer;
    offset: number;
    get buffer(): Buffer;
  }
  export default Encoder;
}

declare module 'kafkajs/src/protocol/requests/produce/index.js' {
  import type Encoder from 'kafkajs/src/protocol/encoder.js';

  type ProduceOptions = import('./requests/record-batches.js').ProduceOptions;
  export interface ProduceResponse {
    topics: { topicName: string; partitions: { errorCode: number }[] }[];
  }
  export interface ProduceCall {
    request: { encode(): Promise<Encoder>; apiVersion: number };
    response: { parse(data: ProduceResponse): Promise<ProduceResponse> };
  }
  type Protocol = (options: ProduceOptions) => ProduceCall;
  /** The part of kafkajs's Produce that record-batches.ts patches. */
  const produce: { protocol(of: { version: number }): Protocol };
  export default produce;
}

declare module 'kafkajs/src/protocol/requests/fetch/index.js' {
  import type Encoder from 'kafkajs/src/protocol/encoder.js';

  export interface FetchOptions {
    isolationLevel?: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
    rackId?: string;
  }
  interface FetchCall {
    request: { encode(): Promise<Encoder> };
    response: { decode(bytes: Buffer): Promise<unknown> };
  }
  type Protocol = (options: FetchOptions) => FetchCall;
  /** The part of kafkajs's Fetch that fetch-requests.ts patches. */
  const fetch: { protocol(of: { version: number }): Protocol };
  export default fetch;
}

declare module 'kafkajs/src/broker/saslAuthenticator/oauthBearer.js' {
  import type { AuthenticationProviderArgs, Authenticator } from 'kafkajs';

  type Sasl = { oauthBearerProvider(): Promise<{ value: string }> };
  export default function oauthBearer(sasl: Sasl): (
    connection: Omit<AuthenticationProviderArgs, 'saslAuthenticate'> & {
      saslAuthenticate(exchange: { request: { encode(): Buffer | Promise<Buffer> } }): Promise<unknown>;
    },
  ) => Authenticator;
}
