import { type Client, credentials } from '@grpc/grpc-js';
import {
  CodeManagementClient,
  CommitRequest,
  GetAuditStatusRequest,
  ListCategoriesRequest,
  type Operation,
  OperationState,
  OperationsClient,
  ReleaseRequest,
  SubmitAuditRequest,
} from '@wxa/contracts';

/** Each takes at most GRPC_MAX_STREAMS, 1,000, calls at once. */
const CONNECTIONS = 8;
const PAGE = {
  address: 'index',
  tag: 'tool',
  title: 'home',
  firstClass: '工具',
  firstId: 1,
  secondClass: '备忘录',
  secondId: 2,
};

const ENDED: ReadonlySet<OperationState> = new Set([
  OperationState.OPERATION_STATE_FAILED,
  OperationState.OPERATION_STATE_CANCELLED,
  OperationState.OPERATION_STATE_IN_DOUBT,
]);

type Callback<Answer> = (error: Error | null, answer: Answer) => void;

/** A program that takes mini-programs through a release: the five operations of a wave. */
export class WaveCaller {
  readonly #clients: CodeManagementClient[];
  readonly #operations: OperationsClient;
  #turn = 0;

  constructor(address: string) {
    this.#clients = Array.from(
      { length: CONNECTIONS },
      (_, i) => new CodeManagementClient(address, credentials.createInsecure(), { 'wxa.bench': i }),
    );
    this.#operations = new OperationsClient(address, credentials.createInsecure(), { 'wxa.bench': 'wait' });
  }

  commit(appid: string) {
    const request = { ...CommitRequest.fromJSON({}), appid, templateId: 1n, userVersion: '1.0' };
    return this.#ask((client, done) => client.commit(request, done));
  }

  categories(appid: string) {
    const request = { ...ListCategoriesRequest.fromJSON({}), appid };
    return this.#ask((client, done) => client.listCategories(request, done));
  }

  submitAudit(appid: string): Promise<Operation> {
    const request = SubmitAuditRequest.fromJSON({ appid, items: [PAGE] });
    return this.#ask((client, done) => client.submitAudit(request, done));
  }

  auditStatus(appid: string, auditId: bigint) {
    const request = { ...GetAuditStatusRequest.fromJSON({}), appid, auditId };
    return this.#ask((client, done) => client.getAuditStatus(request, done));
  }

  release(appid: string) {
    const request = { ...ReleaseRequest.fromJSON({}), appid };
    return this.#ask((client, done) => client.release(request, done));
  }

  /** Resolves when an operation has succeeded. */
  async end(id: string): Promise<void> {
    const request = { id, timeout: { seconds: 60n, nanos: 0 }, untilFinal: true };
    for (;;) {
      const { state } = await new Promise<Operation>((resolve, reject) => {
        this.#operations.waitOperation(request, (error, answer) => (error ? reject(error) : resolve(answer)));
      });
      if (state === OperationState.OPERATION_STATE_SUCCEEDED) return;
      if (ENDED.has(state)) throw new Error(`operation ${id} ended as ${OperationState[state]}`);
    }
  }

  close(): void {
    for (const client of [...this.#clients, this.#operations] as Client[]) client.close();
  }

  #ask<Answer>(call: (client: CodeManagementClient, done: Callback<Answer>) => void): Promise<Answer> {
    const client = this.#clients[this.#turn++ % CONNECTIONS] as CodeManagementClient;
    return new Promise((resolve, reject) => {
      call(client, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }
}
