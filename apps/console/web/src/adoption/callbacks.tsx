import { Flex, Segmented, type TableColumnsType, Tag, Typography } from 'antd';
import { useState } from 'react';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { useName, useText } from '../text/text.js';
import { WideTable } from '../ui/list/wide-table.js';
import { Time } from '../ui/time.js';
import { type Destination, destinationOf } from './destination.js';

type Callback = Response<'Platform/ListCallbackNames'>['names'][number];
type Row = Callback & { goesTo: Destination };

/** Which callbacks WeChat sends, and where each goes; those that no forward takes can be shown alone. */
export function Callbacks({ forwards }: { forwards: Response<'Platform/GetForwards'> | undefined }) {
  const t = useText();
  const [shown, setShown] = useState<'all' | 'unused'>('all');
  const { data, error, refetch } = useCall('Platform/ListCallbackNames', {});
  const rules = forwards ?? { forwards: [], keptNames: [] };
  const rows = data?.names.map((callback) => ({
    ...callback,
    goesTo: destinationOf(callback.name, rules),
  }));
  const unused = rows?.filter(({ goesTo }) => goesTo === 'topic');
  const columns = useColumns();
  return (
    <Flex vertical gap="small">
      <Segmented
        style={{ alignSelf: 'start' }}
        value={shown}
        onChange={setShown}
        options={[
          { value: 'all', label: t('adoption.allNames', { n: rows?.length ?? '…' }) },
          { value: 'unused', label: t('adoption.unused', { n: unused?.length ?? '…' }) },
        ]}
      />
      {shown === 'unused' && <Typography.Text type="secondary">{t('adoption.unusedMeans')}</Typography.Text>}
      <WideTable
        label={t('adoption.callbacks')}
        minWidth={760}
        rowKey={({ kind, name }) => `${kind} ${name}`}
        error={error}
        retry={refetch}
        columns={columns}
        rows={shown === 'all' ? rows : unused}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
      />
    </Flex>
  );
}

function useColumns(): TableColumnsType<Row> {
  const [t, name] = [useText(), useName()];
  return [
    {
      title: t('adoption.name'),
      dataIndex: 'name',
      render: (text: string) => <code>{text}</code>,
      sorter: (one, other) => one.name.localeCompare(other.name),
    },
    { title: t('adoption.kind'), dataIndex: 'kind', render: (kind: string) => name('eventKind', kind) },
    {
      title: t('adoption.seen'),
      dataIndex: 'seen',
      render: (seen: string) => Number(seen).toLocaleString(),
      align: 'right',
      sorter: (one, other) => Number(one.seen) - Number(other.seen),
    },
    { title: t('adoption.first'), dataIndex: 'firstTime', render: (at: string) => <Time at={at} /> },
    {
      title: t('adoption.last'),
      dataIndex: 'lastTime',
      render: (at: string) => <Time at={at} />,
      sorter: (one, other) => (one.lastTime ?? '').localeCompare(other.lastTime ?? ''),
    },
    {
      title: t('adoption.goesTo'),
      dataIndex: 'goesTo',
      render: (goesTo: Destination) => <GoesTo goesTo={goesTo} />,
    },
  ];
}

function GoesTo({ goesTo }: { goesTo: Destination }) {
  const t = useText();
  if (goesTo === 'service') return <Tag color="processing">{t('adoption.toService')}</Tag>;
  if (goesTo === 'topic') return <Tag color="warning">{t('adoption.toTopic')}</Tag>;
  return (
    <Flex gap={4} wrap>
      {goesTo.map((name) => (
        <Tag key={name}>{name}</Tag>
      ))}
    </Flex>
  );
}
