import { ApiError, call } from '../api/call.js';
import type { Request, Response } from '../api/types.js';
import { hintOf } from '../text/hint.js';
import { language } from '../text/text.js';

/** A change in the platform's lane. */
type Change = 'Templates/AddTemplate' | 'Templates/DeleteTemplate' | 'PlatformDomains/SetPlatformDomains';

const FINAL = /_(SUCCEEDED|FAILED|CANCELLED|IN_DOUBT)$/;

/** So often a change is waited for, 20 s each: it may stand behind another one or a stop. */
const WAITS = 3;

/** Makes a change and waits until WeChat has answered, for a minute at most. Rejects with an ApiError if it was not done. */
export async function runChange(method: Change, request: Request<Change>): Promise<void> {
  let operation: Response<Change> = await call(method, request);
  for (let waits = 0; waits < WAITS && !FINAL.test(operation.state); waits += 1)
    // A wait that is refused says nothing about the change.
    operation = await call('Operations/WaitOperation', { id: operation.id, timeout: '20s' }).catch(
      () => operation,
    );
  const { state, error } = operation;
  if (state === 'OPERATION_STATE_SUCCEEDED') return;
  if (!FINAL.test(state)) throw new ApiError({ code: 'IN_PROGRESS' });
  const why = error && { reason: error.reason, message: error.errmsg, hint: hintOf(error, language) };
  throw new ApiError({ code: state === 'OPERATION_STATE_IN_DOUBT' ? 'IN_DOUBT' : 'NOT_DONE', ...why });
}
