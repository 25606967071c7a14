import { theme } from 'antd';
import { t } from '../text/text.js';
import { StackedBar } from '../ui/charts/stacked-bar.js';
import { type Counts, colorsOf, sharesOf } from './shares.js';

/** The colours of the versions of all mini-programs. */
export function useVersionColors(all: Counts | undefined): ReadonlyMap<string, string> {
  const { token } = theme.useToken();
  const { blue, green, gold, purple, cyan, magenta } = token;
  return all ? colorsOf(all, [blue, green, gold, purple, cyan, magenta]) : new Map();
}

interface Props {
  counts: Counts;
  colors: ReadonlyMap<string, string>;
  /** Only mini-programs with this label. */
  label?: string;
}

/** How many mini-programs run each version. */
export function VersionBar({ counts, colors, label }: Props) {
  const { token } = theme.useToken();
  const { named, others, notLive } = sharesOf(counts);
  const of = label === undefined ? '' : `&label=${encodeURIComponent(label)}`;
  return (
    <StackedBar
      segments={[
        ...named.map(({ version, count }) => ({
          key: version,
          name: version,
          count,
          color: colors.get(version) ?? token.colorTextQuaternary,
          to: `/mini-programs?version=${encodeURIComponent(version)}${of}`,
        })),
        { key: ' others', name: t('versions.others'), count: others, color: token.colorTextQuaternary },
        {
          key: ' none',
          name: t('miniPrograms.isNotLive'),
          count: notLive,
          color: token.colorFill,
          to: `/mini-programs?state=notLive${of}`,
        },
      ]}
    />
  );
}
