import { useText } from '../text/text.js';
import { ReasonButton } from '../ui/form/reason-button.js';
import type { Operation } from './held-by.js';

/** Of the scope STOP_SCOPE_UNDO_CHANGES. */
const UNDOES = /^(RevertRelease|RevertGrayRelease|UndoAudit|ChangeVisitStatus)$/;

/** Resumes the changes that undo others, if a stop holds one: the brake must not hide the undo. */
export function LetThrough({ operation: { heldBy, method } }: { operation: Operation }) {
  const t = useText();
  // A stop of WeChat alone has neither.
  const isOfOperator = heldBy !== undefined && (heldBy.stoppedBy || heldBy.onBehalfOf) !== '';
  if (!isOfOperator || !UNDOES.test(method)) return null;
  return (
    <ReasonButton
      type="primary"
      label={t('operations.letThrough')}
      method="Platform/LiftApiStops"
      requestOf={(reason) => ({ scope: 'STOP_SCOPE_UNDO_CHANGES' as const, reason })}
      invalidates={['Operations/GetOperation', 'Operations/ListLanes', 'Platform/GetPlatformStatus']}
      success={t('operations.letThroughDone')}
    >
      {t('operations.letThroughEffect')}
    </ReasonButton>
  );
}
