import { UNDO_APIS } from '@wxa/contracts/undo-apis';
import { canAct } from '../app/session.js';
import { t } from '../text/text.js';
import { ReasonButton } from '../ui/form/reason-button.js';
import type { Operation } from './held-by.js';

interface Props {
  heldBy: Pick<NonNullable<Operation['heldBy']>, 'api' | 'stoppedBy' | 'onBehalfOf'> | undefined;
}

/** Resumes the changes that undo others, if a stop by an operator holds one: the brake must not hide the undo. */
export function LetThrough({ heldBy }: Props) {
  // A stop of WeChat alone has neither.
  const isOfOperator = heldBy !== undefined && (heldBy.stoppedBy || heldBy.onBehalfOf) !== '';
  if (!canAct || !isOfOperator || !UNDO_APIS.includes(heldBy.api)) return null;
  return (
    <ReasonButton
      size="small"
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
