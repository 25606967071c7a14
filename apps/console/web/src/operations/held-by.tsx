import { Typography } from 'antd';
import { Link } from 'react-router';
import type { Response } from '../api/types.js';
import { nameOf, t } from '../text/text.js';
import { Time } from '../ui/value.js';

export type Operation = Response<'Operations/GetOperation'>;

/** What an operation waits for: a stop of its API, an earlier change, or its next attempt; nothing if it does not wait. */
export function WaitsFor({ operation }: { operation: Operation }) {
  const { heldBy, blockedBy, nextAttemptTime } = operation;
  if (heldBy !== undefined) {
    const by = heldBy.onBehalfOf || heldBy.stoppedBy;
    return (
      <Typography.Text type="warning" style={{ display: 'inline-block', maxWidth: 300 }}>
        {t('operations.held', { api: nameOf('api', heldBy.api) })} <Time at={heldBy.endTime} />
        {by !== '' && ` · ${by}`}
        {heldBy.reason !== '' && ` · ${heldBy.reason}`}
      </Typography.Text>
    );
  }
  if (blockedBy !== '') return <Link to={`/operations/${blockedBy}`}>{t('operations.blocked')}</Link>;
  if (nextAttemptTime === undefined) return null;
  return (
    <>
      {t('operations.next')} <Time at={nextAttemptTime} />
    </>
  );
}

/** An error by WeChat's code and the reason. */
export function errorOf({ error }: Operation): string {
  return error === undefined ? '' : [error.errcode || '', error.reason].join(' ').trim();
}
