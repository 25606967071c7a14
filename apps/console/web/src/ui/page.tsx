import { Alert, Badge, Button, Flex, Skeleton, Typography } from 'antd';
import type { ReactNode } from 'react';
import type { ApiError } from '../api/call.js';
import { errorText } from '../api/error-text.js';
import type { Connection } from '../api/stream.js';
import { formatExact } from '../text/format-time.js';
import { t } from '../text/text.js';

interface Props {
  /** The heading, and the title of the tab. */
  title: string;
  /** Before the title of the tab, for those who wait for another one. */
  state?: string;
  /** Beside the heading, as a state. */
  mark?: ReactNode;
  /** What can be done here; at most one primary button. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of every page's content. */
export function Page({ title, state, mark, actions, children }: Props) {
  return (
    <Flex vertical gap="middle">
      <title>{[state, title, t('product')].filter(Boolean).join(' · ')}</title>
      <Flex wrap justify="space-between" align="center" gap="small">
        <Flex wrap align="center" gap="small">
          <Typography.Title level={1} style={{ margin: 0, fontSize: 20 }}>
            {title}
          </Typography.Title>
          {mark}
        </Flex>
        <Flex wrap align="center" gap="small">
          {actions}
        </Flex>
      </Flex>
      {children}
    </Flex>
  );
}

/** Instead of a page whose content has not been read: that it is being read, or why it could not be. */
export function Unread({ title, ...failed }: ReadError & { title: string }) {
  return (
    <Page title={title}>{failed.error ? <ErrorAlert {...failed} /> : <Skeleton active title={false} />}</Page>
  );
}

export interface ReadError {
  error: ApiError | null | undefined;
  /** Reads again. */
  retry?: (() => unknown) | undefined;
}

/** Why something could not be read or done: what it means first, the service's own words below. Nothing without an error. */
export function ErrorAlert({ error, retry }: ReadError) {
  if (!error) return null;
  const canSucceed = error.code !== 'NOT_FOUND';
  const details = [error.reason, error.message].filter((line) => line !== '');
  return (
    <Alert
      type="error"
      showIcon
      title={errorText(error)}
      action={retry && canSucceed && <Button onClick={() => void retry()}>{t('retry')}</Button>}
      description={
        details.length > 0 && (
          <details>
            <summary>{t('error.details')}</summary>
            {details.map((line) => (
              <Typography.Paragraph key={line} lang="en" type="secondary" style={{ margin: 0 }}>
                {line}
              </Typography.Paragraph>
            ))}
          </details>
        )
      }
    />
  );
}

/** Whether a page changes by itself at the moment. */
export function LiveMark({ connection: { state, since } }: { connection: Connection }) {
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
