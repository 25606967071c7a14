import { Flex, Segmented, Tag, Typography } from 'antd';
import { useState } from 'react';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { useName, useText } from '../text/text.js';
import { useColumn } from '../ui/list/column.js';
import { Tags } from '../ui/list/tags.js';
import { WideTable } from '../ui/list/wide-table.js';
import { Time } from '../ui/time.js';
import { type Destination, destinationOf } from './destination.js';

type Callback = Response<'Platform/ListCallbackNames'>['names'][number];
type Row = Callback & { goesTo: Destination };

/** Which callbacks WeChat sends, and where each goes; those that no forward takes can be shown alone. */
export function Callbacks() {
  const t = useText();
  const [shown, setShown] = useState<'all' | 'unused'>('all');
  const { data, error, refetch } = useCall('Platform/ListCallbackNames', {});
  const rules = useCall('Platform/GetForwards', {}).data ?? { forwards: [], keptNames: [] };
  const rows = data?.names.map((one) => ({ ...one, goesTo: destinationOf(one.name, rules) }));
  const unused = rows?.filter(({ goesTo }) => goesTo === 'topic');
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
        columns={useColumns()}
        rows={shown === 'all' ? rows : unused}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
      />
    </Flex>
  );
}

function useColumns() {
  const name = useName();
  const column = useColumn<Row>();
  return [
    column('adoption.name', (row) => <code>{row.name}</code>, {
      sorter: (one, other) => one.name.localeCompare(other.name),
    }),
    column('adoption.kind', ({ kind }) => name('eventKind', kind)),
    column('adoption.seen', ({ seen }) => Number(seen).toLocaleString(), {
      align: 'right',
      sorter: (one, other) => Number(one.seen) - Number(other.seen),
    }),
    column('adoption.first', ({ firstTime }) => <Time at={firstTime} />),
    column('adoption.last', ({ lastTime }) => <Time at={lastTime} />, {
      sorter: (one, other) => (one.lastTime ?? '').localeCompare(other.lastTime ?? ''),
    }),
    column('adoption.goesTo', ({ goesTo }) => <GoesTo goesTo={goesTo} />),
  ];
}

function GoesTo({ goesTo }: { goesTo: Destination }) {
  const t = useText();
  if (goesTo === 'service') return <Tag color="processing">{t('adoption.toService')}</Tag>;
  if (goesTo === 'topic') return <Tag color="warning">{t('adoption.toTopic')}</Tag>;
  return <Tags words={goesTo} />;
}
