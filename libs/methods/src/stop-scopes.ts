import { UNDO_APIS } from '@wxa/contracts';

/** What an operator stops or resumes at once; `STOP_SCOPE_…` in the contract. */
export type StopScope = 'FORWARD_CHANGES' | 'ALL_CHANGES' | 'UNDO_CHANGES';

/** Whether a scope has the changes that call an API. */
export function isInScope(api: string, scope: StopScope): boolean {
  return scope === 'ALL_CHANGES' || UNDO_APIS.includes(api) === (scope === 'UNDO_CHANGES');
}
