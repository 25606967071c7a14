import { Alert, Flex, Typography } from 'antd';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { useName, useText } from '../text/text.js';
import { useColumn } from '../ui/list/column.js';
import { Tags } from '../ui/list/tags.js';
import { WideTable } from '../ui/list/wide-table.js';
import { Time } from '../ui/time.js';
import { isFailing } from './steps.js';

type Forward = Response<'Platform/GetForwards'>['forwards'][number];

/** The rules that send callbacks to programs of the platform, with their results of the last hour. */
export function ForwardsTable() {
  const t = useText();
  const column = useColumn<Forward>();
  const { data, error, refetch } = useCall('Platform/GetForwards', {});
  if (data?.forwards.length === 0) return <Alert type="info" showIcon title={t('adoption.noForwards')} />;
  return (
    <WideTable
      label={t('adoption.forwards')}
      minWidth={920}
      rowKey="name"
      columns={[
        column('adoption.name', ({ name }) => name),
        column(
          'adoption.events',
          ({ events }) => (events.includes('*') ? t('adoption.allEvents') : <Tags words={events} />),
          { width: 260 },
        ),
        column('adoption.appids', ({ appids }) =>
          appids.length === 0 ? t('adoption.allAppids') : <Tags words={appids} />,
        ),
        column('adoption.host', ({ host }) => <code>{host}</code>),
        column('adoption.lastHour', (forward) => <LastHour {...forward} />),
        column('adoption.onFailure', ({ succeedsOnFailure }) =>
          t(succeedsOnFailure ? 'adoption.succeeds' : 'adoption.redelivers'),
        ),
      ]}
      rows={data?.forwards}
      error={error}
      retry={refetch}
      footer={() => (
        <Typography.Text type="secondary">
          {t('adoption.instance', { instance: data?.instance ?? '…' })}
        </Typography.Text>
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
