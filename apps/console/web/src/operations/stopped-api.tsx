import { Alert } from 'antd';
import { useCall } from '../api/query.js';
import { formatExact } from '../text/format-time.js';
import { nameOf, t } from '../text/text.js';
import { LetThrough } from './let-through.js';

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
