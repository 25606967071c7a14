import { OperationCompleted } from '@wxa/contracts';
import type { FollowedMessage } from '@wxa/kafka';
import type { OperationWatch } from './operation-watch.js';
import type { Outcomes } from './outcomes.js';

/** Takes what the outcomes topic brings to those who wait and watch. */
export function onOutcome(outcomes: Outcomes, watch: OperationWatch): (message: FollowedMessage) => void {
  return ({ value, headers }) => {
    // OperationInDoubt has the same one field.
    const { operation } = OperationCompleted.fromJSON(JSON.parse(value.toString()));
    if (operation === undefined) return;
    outcomes.tell(operation);
    if (headers.ce_type === 'OperationCompleted') watch.completed(operation);
    else watch.wake();
  };
}
