import { type AuditItem, METHODS, type Method, type RequestOf } from '@wxa/contracts';

/** An item that the simulator's categories and pages allow. */
export const AUDIT_ITEM: AuditItem = {
  address: 'index',
  tag: '学习 生活',
  title: '首页',
  firstClass: '工具',
  firstId: 1,
  secondClass: '备忘录',
  secondId: 2,
  thirdClass: '',
  thirdId: 0,
};

/** A whole request of a method: what is left out has its proto default. */
export function requestOf<M extends Method>(method: M, given: Partial<RequestOf<M>>): RequestOf<M> {
  return { ...(METHODS[method].request.fromJSON({}) as RequestOf<M>), ...given };
}
