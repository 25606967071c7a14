import { Flex, Typography } from 'antd';
import type { ReactNode } from 'react';
import { useText } from '../text/text.js';

interface Props {
  /** The heading, and the title of the tab. */
  title: string;
  /** Beside the heading, as a state. */
  mark?: ReactNode;
  /** What can be done here; at most one primary button. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of every page's content. */
export function Page({ title, mark, actions, children }: Props) {
  const t = useText();
  return (
    <Flex vertical gap="middle">
      <title>{`${title} · ${t('product')}`}</title>
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
