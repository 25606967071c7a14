import { Flex, Tag, Tooltip, Typography } from 'antd';
import type { ComponentProps } from 'react';
import { Link } from 'react-router';
import { useCall } from '../api/query.js';
import { formatExact, formatShort, roundedDuration } from '../text/format-time.js';
import { nameOf, t } from '../text/text.js';
import { type Named, shortOf } from '../text/translate.js';

/** What is said beside the facts: a hint, a detail, that there is nothing. */
export function Secondary(props: ComponentProps<typeof Typography.Text>) {
  return <Typography.Text {...props} type="secondary" />;
}

/** An appid, or another id, as quiet code that can be copied. */
export function Appid({ appid }: { appid: string }) {
  return (
    <Typography.Text
      type="secondary"
      copyable={{ text: appid, tooltips: [t('copy'), t('copied')] }}
      style={{ fontFamily: 'var(--ant-font-family-code)', whiteSpace: 'nowrap' }}
    >
      {appid}
    </Typography.Text>
  );
}

const NAMES_MS = 300_000;

/** A mini-program by its name, which leads to its page, with its appid; by its appid alone without a name, or if it is none, as the platform. @param name looked up unless it is given. */
export function MiniProgramName({ appid, name }: { appid: string; name?: string }) {
  // A search for what is not known is no error.
  const request = { search: appid };
  const options = { enabled: name === undefined, staleTime: NAMES_MS };
  const { data } = useCall('Fleet/ListMiniPrograms', request, options);
  const shown = name ?? data?.miniPrograms.find((one) => one.appid === appid)?.name;
  if (shown === undefined) return <Appid appid={appid} />;
  return (
    <span>
      <Link to={`/mini-programs/${appid}`}>{shown === '' ? appid : shown}</Link>
      {shown !== '' && (
        <>
          <br />
          <Appid appid={appid} />
        </>
      )}
    </span>
  );
}

/** A google.protobuf.Timestamp in JSON; nothing if it is not set. */
type Instant = string | undefined;

/** An instant in the browser's time zone, as `today 09:54`; exact on hover. */
export function Time({ at }: { at: Instant }) {
  if (at === undefined) return null;
  const words = { today: t('today'), yesterday: t('yesterday') };
  return <Exact at={at}>{formatShort(new Date(at), words)}</Exact>;
}

/** How long ago an instant was, as `42 min ago`; exact on hover. */
export function Age({ since }: { since: Instant }) {
  if (since === undefined) return null;
  const time = duration((Date.now() - Date.parse(since)) / 1_000);
  return <Exact at={since}>{t('ago', { time })}</Exact>;
}

/** A duration in its largest useful unit, as in `42 min`. */
export function duration(seconds: number): string {
  const { unit, n } = roundedDuration(seconds);
  return t(`duration.${unit}`, { n });
}

function Exact({ at, children }: { at: string; children: string }) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return (
    <Tooltip title={`${formatExact(new Date(at))} ${timeZone} · ${at}`}>
      <time dateTime={at}>{children}</time>
    </Tooltip>
  );
}

/** How a state is coloured: in progress, well, to be looked at, failed, or over. */
type Tone = 'processing' | 'success' | 'warning' | 'error' | 'default';

/** By the name of the state, or by kind and name; all others are `default`. */
const TONES: Readonly<Record<string, Tone>> = {
  RUNNING: 'processing',
  RETRYING: 'processing',
  WAITING: 'processing',
  'audit.PENDING': 'processing',
  SUCCEEDED: 'success',
  COMPLETED: 'success',
  APPROVED: 'success',
  AUTHORIZED: 'success',
  'readinessState.OK': 'success',
  FAILED: 'error',
  REJECTED: 'error',
  NEEDS_AUTHORIZATION: 'error',
  'readinessState.MISSING': 'error',
  IN_DOUBT: 'warning',
  PAUSED: 'warning',
  CANCELLING: 'warning',
  DELAYED: 'warning',
  'readinessState.PENDING': 'warning',
};

function toneOf(of: Named, state: string): Tone {
  const name = shortOf(of, state);
  return TONES[`${of}.${name}`] ?? TONES[name] ?? 'default';
}

/** A state in words and in the colour of its tone. @param tone instead of that of the state, as for what has completed with failures. */
export function StateTag({ of, state, tone }: { of: Named; state: string; tone?: Tone }) {
  return <Tag color={tone ?? toneOf(of, state)}>{nameOf(of, state)}</Tag>;
}

/** Words, each as a tag. */
export function Tags({ words }: { words: readonly string[] }) {
  return (
    <Flex gap={4} wrap>
      {words.map((word) => (
        <Tag key={word}>{word}</Tag>
      ))}
    </Flex>
  );
}

/** An API or an action by its name, if it has one, with its code small below. */
export function NamedCode({ of, code }: { of: Named; code: string }) {
  const name = nameOf(of, code);
  return (
    <Flex vertical>
      {name !== code && <span>{name}</span>}
      <Secondary code style={{ fontSize: 12, whiteSpace: 'nowrap' }}>
        {code}
      </Secondary>
    </Flex>
  );
}

/** What WeChat or the service said, in its own words; nothing if that was nothing. */
export function Original({ words }: { words: string }) {
  if (words === '') return null;
  return (
    <Secondary style={{ display: 'block', overflowWrap: 'anywhere' }}>
      {t('original')} <q lang="en">{words}</q>
    </Secondary>
  );
}
