import { Collapse } from 'antd';
import { useText } from '../text/text.js';
import { useColumn } from '../ui/list/column.js';
import { NamedCode } from '../ui/list/named-code.js';
import { WideTable } from '../ui/list/wide-table.js';
import type { Api } from './stopped-apis.js';

/** The APIs that may be called, folded, with their rates; those that operations wait for come first. */
export function CallableApis({ apis }: { apis: readonly Api[] }) {
  const t = useText();
  const column = useColumn<Api>();
  const rate = (value: number | undefined, without: string) =>
    value === undefined
      ? without
      : value === 0
        ? t('platform.noLimit')
        : t('platform.perSecond', { n: value });
  const right = { align: 'right' } as const;
  const columns = [
    column('platform.api', ({ api }) => <NamedCode of="api" code={api} />),
    column('platform.rate', (api) => rate(api.callsPerSecond, t('platform.defaultRate')), right),
    column('platform.setRate', (api) => rate(api.setCallsPerSecond, '–'), right),
    column('platform.parked', (api) => api.waitingOperations, right),
  ];
  const sorted = apis.toSorted(
    (one, other) => other.waitingOperations - one.waitingOperations || one.api.localeCompare(other.api),
  );
  const label = t('platform.callable', { n: apis.length });
  const table = <WideTable label={label} rowKey="api" columns={columns} rows={sorted} />;
  return <Collapse items={[{ key: 'apis', label, children: table }]} />;
}
