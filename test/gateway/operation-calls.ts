import {
  CommitRequest,
  ListOperationsRequest,
  type Operation,
  ResolveOperationRequest,
  SubmitAuditRequest,
} from '@wxa/contracts';
import { call } from './calls.js';
import type { RunningGateway } from './running-gateway.js';

/** Calls of a gateway about operations, with short requests. */
export function operationCalls(gateway: RunningGateway) {
  const ops = () => gateway.operations;
  const commit = (appid: string): Promise<Operation> =>
    call(
      gateway.code,
      gateway.code.commit,
      CommitRequest.fromPartial({ appid, templateId: 1n, userVersion: 'V1' }),
    );
  const submit = (appid: string): Promise<Operation> => {
    const item = { firstClass: 'a', firstId: 1, secondClass: 'b', secondId: 2 };
    return call(
      gateway.code,
      gateway.code.submitAudit,
      SubmitAuditRequest.fromPartial({ appid, items: [item] }),
    );
  };
  const get = (id: string) => call(ops(), ops().getOperation, { id });
  const list = (fields: Partial<ListOperationsRequest>) =>
    call(ops(), ops().listOperations, ListOperationsRequest.fromPartial(fields));
  const resolve = (fields: Partial<ResolveOperationRequest>) =>
    call(ops(), ops().resolveOperation, {
      ...ResolveOperationRequest.create(),
      resolvedBy: 'op',
      reason: 'asked WeChat',
      ...fields,
    });
  return { ops, commit, submit, get, list, resolve };
}
