import { UNDO_APIS } from '@wxa/contracts/undo-apis';
import { call } from '../api/call.js';
import { canAct } from '../app/session.js';
import { t } from '../text/text.js';
import { DialogButton } from '../ui/form/dialog-button.js';
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
    <DialogButton
      size="small"
      type="primary"
      label={t('operations.letThrough')}
      effect={t('operations.letThroughEffect')}
      run={({ reason }) => call('Platform/LiftApiStops', { scope: 'STOP_SCOPE_UNDO_CHANGES', reason })}
      success={t('operations.letThroughDone')}
    />
  );
}
