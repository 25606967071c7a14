declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** The part of kafkajs's request queue that quiet-request-queue.ts mends. */
  const RequestQueue: {
    prototype: { pending: unknown[]; scheduleCheckPendingRequests(): void };
  };
  export default RequestQueue;
}
