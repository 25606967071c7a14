import { Badge } from 'antd';
import type { Connection } from '../api/stream.js';
import { formatExact } from '../text/format-time.js';
import { useText } from '../text/text.js';

/** Whether a page changes by itself at the moment. */
export function LiveMark({ connection: { state, since } }: { connection: Connection }) {
  const t = useText();
  if (state === 'stale') {
    const time = since === undefined ? '' : formatExact(new Date(since)).slice(-'HH:MM:SS'.length);
    return <Badge status="warning" text={t('live.stale', { time })} />;
  }
  if (state === 'connecting') return <Badge status="default" text={t('live.connecting')} />;
  return state === 'live' ? (
    <Badge status="processing" color="green" text={t('live')} />
  ) : (
    <Badge status="default" text={t('live.ended')} />
  );
}
