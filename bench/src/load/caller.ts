import { type Client, credentials } from '@grpc/grpc-js';
import { CodeManagementClient, CommitRequest, type Operation } from '@wxa/contracts';

/** One HTTP/2 connection alone is limited by its flow control. */
export const CONNECTIONS = 4;

/** Submits commits with grpc-js's client. */
export class GrpcCaller {
  readonly #clients: CodeManagementClient[];
  #next = 0;

  constructor(address: string) {
    this.#clients = Array.from(
      { length: CONNECTIONS },
      // Clients with the same options would share one connection.
      (_, i) => new CodeManagementClient(address, credentials.createInsecure(), { 'wxa.bench': i }),
    );
  }

  commit(appid: string, userVersion: string): Promise<Operation> {
    const client = this.#clients[this.#next++ % CONNECTIONS] as CodeManagementClient;
    const request: CommitRequest = { ...CommitRequest.fromJSON({}), appid, templateId: 1n, userVersion };
    return new Promise((resolve, reject) => {
      client.commit(request, (error, operation) => (error ? reject(error) : resolve(operation)));
    });
  }

  async stop(): Promise<void> {
    for (const client of this.#clients as Client[]) client.close();
  }
}

/** Runs `work` for each item, `count` at a time and those of one lane one after the other. The lanes take turns. */
export async function runConcurrently<T>(
  items: T[],
  { laneOf, count }: { laneOf: (item: T) => string; count: number },
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const ready = lanes(items, laneOf);
  const run = async () => {
    for (let lane = ready.shift(); lane !== undefined; lane = ready.shift()) {
      const { value, done } = lane.next();
      if (done) continue;
      await work(value);
      ready.push(lane);
    }
  };
  await Promise.all(Array.from({ length: count }, run));
}

function lanes<T>(items: T[], laneOf: (item: T) => string): Iterator<T, undefined>[] {
  const byLane = new Map<string, T[]>();
  for (const item of items) {
    const lane = byLane.get(laneOf(item));
    if (lane) lane.push(item);
    else byLane.set(laneOf(item), [item]);
  }
  return [...byLane.values()].map((lane) => lane.values());
}
