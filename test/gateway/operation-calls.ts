import type { ListOperationsRequest, ResolveOperationRequest } from '@wxa/contracts';
import type { RunningGateway } from './running-gateway.js';

/** Calls of a gateway about operations, with short requests. */
export function operationCalls(gateway: RunningGateway) {
  const commit = (appid: string) => gateway.rpc('commit', { appid, templateId: 1n, userVersion: 'V1' });
  const submit = (appid: string) => {
    const items = [{ firstClass: 'a', firstId: 1, secondClass: 'b', secondId: 2 }];
    return gateway.rpc('submitAudit', { appid, items });
  };
  const get = (id: string) => gateway.rpc('getOperation', { id });
  const cancel = (id: string) => gateway.rpc('cancelOperation', { id });
  const list = (fields: Partial<ListOperationsRequest>) => gateway.rpc('listOperations', fields);
  const resolve = (fields: Partial<ResolveOperationRequest>) =>
    gateway.rpc('resolveOperation', { resolvedBy: 'op', reason: 'asked WeChat', ...fields });
  return { commit, submit, get, cancel, list, resolve };
}
