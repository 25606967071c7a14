declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** The part of kafkajs's request queue that kafkajs-patches.ts patches. */
  const RequestQueue: {
    prototype: { pending: unknown[]; scheduleCheckPendingRequests(): void };
  };
  export default RequestQueue;
}

declare module 'kafkajs/src/consumer/consumerGroup.js' {
  /** The part of kafkajs's consumer group that kafkajs-patches.ts patches. */
  class ConsumerGroup {
    /** Replaced at each assignment. */
    offsetManager: object;
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
  }
  export default Runner;
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

declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  export default function crc32C(bytes: Buffer): number;
}

declare module 'kafkajs/src/protocol/requests/produce/index.js' {
  import type Encoder from 'kafkajs/src/protocol/encoder.js';

  type ProduceOptions = import('./produce/record-batches.js').ProduceOptions;
  type Protocol = (options: ProduceOptions) => {
    request: { encode(): Promise<Encoder>; apiVersion: number };
    response: unknown;
  };
  /** The part of kafkajs's Produce that record-batches.ts patches. */
  const produce: { protocol(of: { version: number }): Protocol };
  export default produce;
}
