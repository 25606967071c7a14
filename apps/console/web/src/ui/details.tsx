import { Descriptions, type DescriptionsProps } from 'antd';
import type { ReactNode } from 'react';
import { type TextKey, t } from '../text/text.js';

interface Props extends Pick<DescriptionsProps, 'bordered' | 'column'> {
  rows: Partial<Record<TextKey, ReactNode>>;
}

/** What is known of one thing, by the keys of the labels; what is not known is left out. */
export function Details({ rows, column = 1, bordered = false }: Props) {
  const items = (Object.keys(rows) as TextKey[])
    .filter((key) => rows[key] || rows[key] === 0)
    .map((key) => ({ key, label: t(key), children: rows[key] }));
  const styles = bordered ? ({ label: { whiteSpace: 'nowrap' } } as const) : {};
  return <Descriptions size="small" {...{ column, bordered, items, styles }} />;
}
