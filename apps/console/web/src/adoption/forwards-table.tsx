import { Alert, Flex, type TableColumnsType, Tag, Typography } from 'antd';
import type { Response } from '../api/types.js';
import { useName, useText } from '../text/text.js';
import { WideTable } from '../ui/list/wide-table.js';
import { Time } from '../ui/time.js';
import { isFailing } from './steps.js';

type Forward = Response<'Platform/GetForwards'>['forwards'][number];

/** The rules that send callbacks to programs of the platform, with their results of the last hour. */
export function ForwardsTable({ forwards, instance }: Response<'Platform/GetForwards'>) {
  const t = useText();
  if (forwards.length === 0) return <Alert type="info" showIcon title={t('adoption.noForwards')} />;
  const list = (values: readonly string[]) => (
    <Flex gap={4} wrap>
      {values.map((value) => (
        <Tag key={value}>{value}</Tag>
      ))}
    </Flex>
  );
  const columns: TableColumnsType<Forward> = [
    { title: t('adoption.name'), dataIndex: 'name' },
    {
      title: t('adoption.events'),
      dataIndex: 'events',
      width: 260,
      render: (events: string[]) => (events.includes('*') ? t('adoption.allEvents') : list(events)),
    },
    {
      title: t('adoption.appids'),
      dataIndex: 'appids',
      render: (appids: string[]) => (appids.length === 0 ? t('adoption.allAppids') : list(appids)),
    },
    { title: t('adoption.host'), dataIndex: 'host', render: (host: string) => <code>{host}</code> },
    { title: t('adoption.lastHour'), render: (_, forward) => <LastHour {...forward} /> },
    {
      title: t('adoption.onFailure'),
      dataIndex: 'succeedsOnFailure',
      render: (succeeds: boolean) => t(succeeds ? 'adoption.succeeds' : 'adoption.redelivers'),
    },
  ];
  return (
    <WideTable
      label={t('adoption.forwards')}
      minWidth={920}
      rowKey="name"
      columns={columns}
      rows={forwards}
      footer={() => (
        <Typography.Text type="secondary">{t('adoption.instance', { instance })}</Typography.Text>
      )}
    />
  );
}

function LastHour(forward: Forward) {
  const [t, name] = [useText(), useName()];
  const { delivered, failed, lastFailure, lastFailureTime, lastDeliveryTime } = forward;
  return (
    <Flex vertical>
      <Typography.Text type={isFailing(forward) ? 'danger' : undefined}>
        {t('adoption.counts', { delivered, failed })}
      </Typography.Text>
      {lastDeliveryTime && (
        <Typography.Text type="secondary">
          {t('adoption.lastDelivery')} <Time at={lastDeliveryTime} />
        </Typography.Text>
      )}
      {lastFailureTime && (
        <Typography.Text type="secondary">
          {name('forwardFailure', lastFailure)} · <Time at={lastFailureTime} />
        </Typography.Text>
      )}
    </Flex>
  );
}
