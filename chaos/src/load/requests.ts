import { AuditItem, METHODS, type Method, type RequestOf } from '@wxa/contracts';

/** An item that matches the simulator's categories and pages. */
export const AUDIT_ITEM = AuditItem.fromPartial({
  ...{ address: 'index', tag: '学习 生活', title: '首页' },
  ...{ firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2 },
});

/** A complete request of a method; fields left out have their proto default. */
export function fullRequest<M extends Method>(method: M, given: Partial<RequestOf<M>>): RequestOf<M> {
  return { ...(METHODS[method].request.fromJSON({}) as RequestOf<M>), ...given };
}
