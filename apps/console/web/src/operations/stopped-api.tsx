import { UNDO_APIS } from '@wxa/contracts/undo-apis';
import { Alert } from 'antd';
import { call } from '../api/call.js';
import { useCall } from '../api/query.js';
import { canAct } from '../app/session.js';
import { formatExact } from '../text/format-time.js';
import { nameOf, t } from '../text/text.js';
import { DialogButton } from '../ui/form/dialog-button.js';
import type { Operation } from './held-by.js';

/** The stop of an API; undefined if it is not stopped. */
export function useStopOf(api: string) {
  const { data } = useCall('Platform/GetPlatformStatus', {});
  const stop = data?.apis.find((one) => one.api === api)?.stop;
  return stop && { ...stop, api };
}

/** Before a change: that its API is stopped, and until when. */
export function StoppedApi({ api }: { api: string }) {
  const stop = useStopOf(api);
  if (stop?.endTime === undefined) return null;
  const values = { api: nameOf('api', api), until: formatExact(new Date(stop.endTime)) };
  return (
    <Alert
      type="warning"
      showIcon
      title={t('operations.apiStopped', values)}
      action={<LetThrough heldBy={stop} />}
    />
  );
}

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
