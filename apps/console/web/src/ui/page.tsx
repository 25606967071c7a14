import { Flex, Skeleton, Typography } from 'antd';
import type { ReactNode } from 'react';
import { useText } from '../text/text.js';
import { ErrorAlert, type ReadError } from './error-alert.js';

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
  const t = useText();
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
