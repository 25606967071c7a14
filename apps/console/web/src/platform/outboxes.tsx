import { type TableColumnsType, Typography } from 'antd';
import type { Response } from '../api/types.js';
import { secondsOf } from '../text/format-time.js';
import { useText } from '../text/text.js';
import { WideTable } from '../ui/list/wide-table.js';
import { useDuration } from '../ui/time.js';

type Status = Response<'Platform/GetPlatformStatus'>;
type Outbox = Status['outboxes'][number];

/** What each app has still to publish to Kafka. */
export function Outboxes({ status: { outboxes, platformEvents } }: { status: Status }) {
  const [t, age] = [useText(), useDuration()];
  const rows = [
    ...outboxes.map((outbox) => ({ ...outbox, what: t('platform.ofApp', { app: outbox.app }) })),
    ...(platformEvents ? [{ ...platformEvents, what: t('platform.platformEvents') }] : []),
  ];
  const columns: TableColumnsType<Outbox & { what: string }> = [
    { title: t('platform.what'), dataIndex: 'what' },
    { title: t('platform.depth'), dataIndex: 'depth', align: 'right' },
    {
      title: t('platform.oldest'),
      align: 'right',
      render: (_, { oldestAge }) => (oldestAge ? age(secondsOf(oldestAge)) : '–'),
    },
    {
      title: t('platform.quarantined'),
      dataIndex: 'quarantined',
      align: 'right',
      render: (n: number) => <Typography.Text type={n > 0 ? 'danger' : undefined}>{n}</Typography.Text>,
    },
  ];
  return (
    <WideTable label={t('platform.outboxes')} minWidth={300} rowKey="what" columns={columns} rows={rows} />
  );
}
