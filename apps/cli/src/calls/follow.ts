import type { ServiceError } from '@grpc/grpc-js';
import { status as Code } from '@grpc/grpc-js';
import { EXIT } from '../exit-codes.js';
import { explain, isServiceError } from '../gateway/failure.js';
import type { Gateway } from '../gateway/gateway.js';
import { ProgressLine } from '../restore/progress.js';
import { exitCodeOf, type OperationJson, operationState, printOperation } from './operation.js';

/** One call waits at most so long: a gateway that restarts ends it. */
const SLICE_MS = 30_000;
/** While it is in doubt, because no wait ends when its reconciliation gives up. */
const DOUBT_SLICE_MS = 2_000;
const MARGIN_MS = 5_000;

/**
 * Waits until an operation is final or only an operator can decide it, prints it and returns its exit code. After the timeout or an
 * error, or if it is interrupted, says that the operation continues.
 */
export async function follow(
  gateway: Gateway,
  operation: Pick<OperationJson, 'id'>,
  { timeoutMs, json }: { timeoutMs: number; json: boolean | undefined },
): Promise<number> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const progress = new ProgressLine();
  try {
    const last = await untilFinal(gateway, operation.id, { timeoutMs, signal: interrupt.signal, progress });
    progress.end();
    printOperation(json, last);
    const code = exitCodeOf(last);
    if (last.awaitingResolution) console.error(needsOperator(operation.id));
    else if (code >= EXIT.inDoubt) console.error(continues(operation.id, `still ${operationState(last)}`));
    return code;
  } catch (error) {
    progress.end();
    if (interrupt.signal.aborted) {
      console.error(continues(operation.id, 'interrupted'));
      return EXIT.interrupted;
    }
    if (!isServiceError(error)) throw error;
    const { lines, code } = explain(error);
    console.error([...lines, continues(operation.id, 'no longer followed')].join('\n'));
    // After such an error it waits again, until the time has passed.
    return isPassing(error) ? EXIT.retryLater : code;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function continues(id: string, why: string): string {
  return `${why}: operation ${id} continues; follow it with \`wxa ops wait ${id}\``;
}

function needsOperator(id: string): string {
  return `operation ${id} is in doubt, and reading WeChat's state does not decide it: look at WeChat and resolve it with \`wxa ops resolve ${id}\``;
}

async function untilFinal(
  gateway: Gateway,
  id: string,
  { timeoutMs, signal, progress }: { timeoutMs: number; signal: AbortSignal; progress: ProgressLine },
): Promise<OperationJson> {
  const until = Date.now() + timeoutMs;
  for (let isInDoubt = false; ; ) {
    const longest = isInDoubt ? DOUBT_SLICE_MS : SLICE_MS;
    const slice = Math.max(1, Math.min(longest, until - Date.now()));
    const request = { id, timeout: `${slice / 1000}s`, untilFinal: isInDoubt };
    const operation = await gateway
      .call<OperationJson>('Operations/WaitOperation', request, { deadlineMs: slice + MARGIN_MS, signal })
      .catch((error: unknown) => {
        if (isServiceError(error) && isPassing(error) && Date.now() < until) return undefined;
        throw error;
      });
    if (operation === undefined) continue;
    progress.show(`${operation.method} ${operationState(operation)}`);
    const code = exitCodeOf(operation);
    if (code < EXIT.inDoubt || operation.awaitingResolution || Date.now() >= until) return operation;
    isInDoubt = code === EXIT.inDoubt;
  }
}

/** The gateway ended a wait that it can begin again. */
function isPassing({ code }: ServiceError): boolean {
  return code === Code.DEADLINE_EXCEEDED || code === Code.UNAVAILABLE;
}
