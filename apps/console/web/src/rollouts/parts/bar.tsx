import { theme } from 'antd';
import { t } from '../../text/text.js';
import { StackedBar } from '../../ui/charts/stacked-bar.js';
import { queryOf } from '../core/filter.js';
import { grayShare, partsOf, SEGMENTS } from '../core/segments.js';
import type { Count, Rollout } from '../types.js';

interface Props {
  rollout: Pick<Rollout, 'spec' | 'rollbackOf'>;
  counts: readonly Count[];
  /** With the numbers below, each of which opens the list of its targets in this rollout. */
  listsOf?: string;
}

/** What the targets of a rollout or of a wave do, as one bar. */
export function Bar({ rollout, counts, listsOf }: Props) {
  const { token } = theme.useToken();
  const segments = partsOf(rollout, counts).map(({ segment, count, filter }) => ({
    key: segment,
    name: `${t(`rollouts.part.${segment}`)} ${segment === 'gray' ? grayShare(rollout.spec) : ''}`.trim(),
    ...{
      count,
      color: token[SEGMENTS[segment] as 'blue'],
      to: `/rollouts/${listsOf}/targets?${queryOf(filter)}`,
    },
  }));
  return <StackedBar segments={segments} hasNumbers={listsOf !== undefined} />;
}
