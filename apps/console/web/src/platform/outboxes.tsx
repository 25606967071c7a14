import { Typography } from 'antd';
import type { Response } from '../api/types.js';
import { secondsOf } from '../text/format-time.js';
import { useText } from '../text/text.js';
import { useColumn } from '../ui/list/column.js';
import { WideTable } from '../ui/list/wide-table.js';
import { useDuration } from '../ui/time.js';

type Status = Response<'Platform/GetPlatformStatus'>;

/** What each app has still to publish to Kafka. */
export function Outboxes({ status: { outboxes, platformEvents } }: { status: Status }) {
  const [t, age] = [useText(), useDuration()];
  const rows = [
    ...outboxes.map((outbox) => ({ ...outbox, what: t('platform.ofApp', { app: outbox.app }) })),
    ...(platformEvents ? [{ ...platformEvents, what: t('platform.platformEvents') }] : []),
  ];
  const column = useColumn<(typeof rows)[number]>();
  const right = { align: 'right' } as const;
  const columns = [
    column('platform.what', ({ what }) => what),
    column('platform.depth', ({ depth }) => depth, right),
    column('platform.oldest', ({ oldestAge }) => (oldestAge ? age(secondsOf(oldestAge)) : '–'), right),
    column(
      'platform.quarantined',
      ({ quarantined: n }) => <Typography.Text type={n > 0 ? 'danger' : undefined}>{n}</Typography.Text>,
      right,
    ),
  ];
  return (
    <WideTable label={t('platform.outboxes')} minWidth={300} rowKey="what" columns={columns} rows={rows} />
  );
}
