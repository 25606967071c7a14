import { Collapse, type TableColumnsType } from 'antd';
import { useText } from '../text/text.js';
import { WideTable } from '../ui/list/wide-table.js';
import { ApiName } from './api-name.js';
import type { Api } from './stopped-apis.js';

/** The APIs that may be called, folded, with their rates; those that operations wait for come first. */
export function CallableApis({ apis }: { apis: readonly Api[] }) {
  const t = useText();
  const rate = (value: number | undefined, without: string) =>
    value === undefined
      ? without
      : value === 0
        ? t('platform.noLimit')
        : t('platform.perSecond', { n: value });
  const columns: TableColumnsType<Api> = [
    { title: t('platform.api'), dataIndex: 'api', render: (api: string) => <ApiName api={api} /> },
    {
      title: t('platform.rate'),
      align: 'right',
      render: (_, { callsPerSecond }) => rate(callsPerSecond, t('platform.defaultRate')),
    },
    {
      title: t('platform.setRate'),
      align: 'right',
      render: (_, { setCallsPerSecond }) => rate(setCallsPerSecond, '–'),
    },
    { title: t('platform.parked'), dataIndex: 'waitingOperations', align: 'right' },
  ];
  const sorted = apis.toSorted(
    (one, other) => other.waitingOperations - one.waitingOperations || one.api.localeCompare(other.api),
  );
  const table = (
    <WideTable
      label={t('platform.callable', { n: apis.length })}
      rowKey="api"
      columns={columns}
      rows={sorted}
    />
  );
  return (
    <Collapse items={[{ key: 'apis', label: t('platform.callable', { n: apis.length }), children: table }]} />
  );
}
