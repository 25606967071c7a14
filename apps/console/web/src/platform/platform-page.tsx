import { Card } from 'antd';
import { useCall } from '../api/query.js';
import { useText } from '../text/text.js';
import { ErrorAlert } from '../ui/error-alert.js';
import { Page, Unread } from '../ui/page.js';
import { CallableApis } from './callable-apis.js';
import { Outboxes } from './outboxes.js';
import { auditQuotaOf } from './quota.js';
import { QuotaCard } from './quota-card.js';
import { StatusCards } from './status-cards.js';
import { StoppedApis } from './stopped-apis.js';

const EVERY_MS = 5_000;

/** Whether the platform works: ticket, tokens, outboxes, workers, quota, and which APIs are stopped. */
export function Component() {
  const t = useText();
  const read = useCall('Platform/GetPlatformStatus', {}, { refetchInterval: EVERY_MS });
  const { data: status, error, refetch } = read;
  if (status === undefined) return <Unread title={t('platform.title')} error={error} retry={refetch} />;
  const stopped = status.apis.filter(({ stop }) => stop !== undefined);
  const callable = status.apis.filter(({ stop }) => stop === undefined);
  return (
    <Page title={t('platform.title')}>
      <ErrorAlert error={error} />
      <StatusCards status={status} />
      <Card title={t('platform.stopped', { n: stopped.length })}>
        <StoppedApis apis={stopped} />
      </Card>
      <QuotaCard quota={auditQuotaOf(status)} />
      <Card title={t('platform.outboxes')}>
        <Outboxes status={status} />
      </Card>
      <CallableApis apis={callable} />
    </Page>
  );
}
