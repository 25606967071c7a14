import type { RunHistory } from '../history.js';
import { byOperation, type Execution, executions } from './executions.js';
import { forgottenTogether } from './forgotten.js';

/** An error in a history. */
export interface Finding {
  appid: string;
  /** Empty if no operation is concerned. */
  operationId: string;
  what: string;
}

/** A history, and which operation caused which effect in it. */
export interface HistoryEvidence extends RunHistory {
  executions: Execution[];
  executionsOf: Map<string, Execution[]>;
  /** The ids of changes of which a restore has forgotten several of one mini-program; see `forgottenTogether`. */
  forgotten: Set<string>;
}

/** Finds one kind of error. */
export type RunCheck = (evidence: HistoryEvidence) => Finding[];

export function evidence(history: RunHistory): HistoryEvidence {
  const all = executions(history);
  const forgotten = forgottenTogether(history, all);
  return { ...history, executions: all, executionsOf: byOperation(all), forgotten };
}

export function newFinding({ appid, id }: { appid: string; id: string }, what: string): Finding {
  return { appid, operationId: id, what };
}
