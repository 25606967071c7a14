import { createInterface } from 'node:readline';
import { status as Code } from '@grpc/grpc-js';
import type { OperationJson } from '../calls/operation.js';
import { UsageError } from '../exit-codes.js';
import { isServiceError } from '../gateway/failure.js';
import { counted, print } from '../output/print.js';
import { ProgressLine } from '../restore/progress.js';
import { inParallel } from './in-parallel.js';

/** An action on many operations. */
export interface Bulk {
  /** What it does to an operation, as in `cancelled`. */
  done: string;
  yes: boolean;
  json: boolean;
  act(operation: OperationJson): Promise<unknown>;
}

/** Asks for the number of operations, unless `--yes` was given. Throws UsageError if it is not typed. */
export async function confirm(count: number, { done, yes }: Pick<Bulk, 'done' | 'yes'>): Promise<void> {
  if (yes || count === 0) return;
  process.stderr.write(`${counted(count, 'operation')} will be ${done}; type ${count} to confirm: `);
  const lines = createInterface({ input: process.stdin });
  const { value } = await lines[Symbol.asyncIterator]().next();
  lines.close();
  if (String(value ?? '').trim() !== String(count))
    throw new UsageError(`nothing was ${done}: --yes or the number ${count} on standard input confirms`);
}

/** Acts on operations, newest first, so that none starts because one before it has ended. Prints a summary, also after an error. */
export async function actOnAll(operations: OperationJson[], { done, json, act }: Bulk): Promise<void> {
  const progress = new ProgressLine();
  let [acted, tooLate] = [0, 0];
  try {
    await inParallel(operations, async (operation) => {
      if (await isInTime(act(operation))) acted += 1;
      else tooLate += 1;
      progress.show(`${acted + tooLate} of ${operations.length}`);
    });
  } finally {
    progress.end();
    const left = operations.length - acted - tooLate;
    const text = `${counted(acted, 'operation')} ${done}, ${tooLate} too late, ${left} left`;
    print(json, { [done]: acted, tooLate, left }, text);
  }
}

/** Whether the operation was in the state that the action needs. */
async function isInTime(acting: Promise<unknown>): Promise<boolean> {
  try {
    await acting;
    return true;
  } catch (error) {
    if (isServiceError(error) && (error.code === Code.FAILED_PRECONDITION || error.code === Code.NOT_FOUND))
      return false;
    throw error;
  }
}
