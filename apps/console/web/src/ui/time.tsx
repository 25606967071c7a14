import { Tooltip } from 'antd';
import { formatExact, formatShort, roundedDuration } from '../text/format-time.js';
import { useText } from '../text/text.js';

/** A google.protobuf.Timestamp in JSON; nothing if it is not set. */
type Instant = string | undefined;

/** An instant in the browser's time zone, as `today 09:54`; exact on hover. */
export function Time({ at }: { at: Instant }) {
  const t = useText();
  if (at === undefined) return null;
  const words = { today: t('today'), yesterday: t('yesterday') };
  return <Exact at={at}>{formatShort(new Date(at), words)}</Exact>;
}

/** How long ago an instant was, as `42 min ago`; exact on hover. */
export function Age({ since }: { since: Instant }) {
  const t = useText();
  const duration = useDuration();
  if (since === undefined) return null;
  const time = duration((Date.now() - Date.parse(since)) / 1_000);
  return <Exact at={since}>{t('ago', { time })}</Exact>;
}

/** A duration in its largest useful unit, as in `42 min`. */
export function useDuration(): (seconds: number) => string {
  const t = useText();
  return (seconds) => {
    const { unit, n } = roundedDuration(seconds);
    return t(`duration.${unit}`, { n });
  };
}

function Exact({ at, children }: { at: string; children: string }) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return (
    <Tooltip title={`${formatExact(new Date(at))} ${timeZone} · ${at}`}>
      <time dateTime={at}>{children}</time>
    </Tooltip>
  );
}
