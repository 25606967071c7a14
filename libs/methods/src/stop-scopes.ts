import { METHODS, type Method } from '@wxa/contracts';

/** What an operator stops or resumes at once; `STOP_SCOPE_…` in the contract. */
export type StopScope = 'FORWARD_CHANGES' | 'ALL_CHANGES' | 'UNDO_CHANGES';

/** They undo another change; the last one closes a mini-program that has no earlier version. */
const UNDO: readonly Method[] = ['RevertRelease', 'RevertGrayRelease', 'UndoAudit', 'ChangeVisitStatus'];

const IS_IN: Record<StopScope, (method: Method) => boolean> = {
  FORWARD_CHANGES: (method) => !UNDO.includes(method),
  ALL_CHANGES: () => true,
  UNDO_CHANGES: (method) => UNDO.includes(method),
};

/** The changes of a scope. */
export function changesIn(scope: StopScope): Method[] {
  const changes = (Object.keys(METHODS) as Method[]).filter((method) => METHODS[method].kind === 'change');
  return changes.filter(IS_IN[scope]);
}
