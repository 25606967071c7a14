import type { History } from '../history.js';
import { byOperation, type Execution, executions } from './executions.js';

/** Something that must not be. */
export interface Wrong {
  appid: string;
  /** Empty where no operation is meant. */
  operationId: string;
  what: string;
}

/** A history, and which operation caused which effect in it. */
export interface Evidence extends History {
  executions: Execution[];
  executionsOf: Map<string, Execution[]>;
}

/** Looks for one kind of error. */
export type Check = (evidence: Evidence) => Wrong[];

export function evidence(history: History): Evidence {
  const all = executions(history);
  return { ...history, executions: all, executionsOf: byOperation(all) };
}

export function wrong({ appid, id }: { appid: string; id: string }, what: string): Wrong {
  return { appid, operationId: id, what };
}
