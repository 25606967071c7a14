import { Descriptions, type DescriptionsProps } from 'antd';
import type { ReactNode } from 'react';
import { type TextKey, useText } from '../../text/text.js';

interface Props {
  facts: readonly (readonly [TextKey, ReactNode])[];
  column?: NonNullable<DescriptionsProps['column']>;
}

/** Facts by their names, without those that are none. */
export function Facts({ facts, column = 1 }: Props) {
  const t = useText();
  const items = facts.flatMap(([key, children]) => (children ? [{ key, label: t(key), children }] : []));
  return <Descriptions size="small" column={column} items={items} />;
}
