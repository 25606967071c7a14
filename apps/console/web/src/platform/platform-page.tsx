import { Card, Collapse } from 'antd';
import { useCall } from '../api/query.js';
import { t } from '../text/text.js';
import { ErrorAlert, Page, Unread } from '../ui/page.js';
import { WideTable } from '../ui/table.js';
import { NamedCode } from '../ui/value.js';
import { auditQuotaOf } from './quota.js';
import { QuotaCard } from './quota-card.js';
import { StatusCards } from './status-cards.js';
import { type Api, StoppedApis } from './stopped-apis.js';

const EVERY_MS = 5_000;
const RIGHT = { align: 'right' } as const;

/** Whether the platform works: ticket, tokens, outboxes, workers, quota, and which APIs are stopped. */
export function Component() {
  const read = useCall('Platform/GetPlatformStatus', {}, { refetchInterval: EVERY_MS });
  const { data: status, error, refetch } = read;
  if (status === undefined) return <Unread title={t('platform.title')} error={error} retry={refetch} />;
  const stopped = status.apis.filter(({ stop }) => stop !== undefined);
  return (
    <Page title={t('platform.title')}>
      <ErrorAlert error={error} />
      <StatusCards status={status} />
      <Card title={t('platform.stopped', { n: stopped.length })}>
        <StoppedApis apis={stopped} />
      </Card>
      <QuotaCard quota={auditQuotaOf(status)} />
      <CallableApis apis={status.apis.filter(({ stop }) => stop === undefined)} />
    </Page>
  );
}

/** The APIs that may be called, folded, with their rates; those that operations wait for come first. */
function CallableApis({ apis }: { apis: readonly Api[] }) {
  const rate = (value: number | undefined, without: string) => {
    if (value === undefined) return without;
    return value === 0 ? t('platform.noLimit') : t('platform.perSecond', { n: value });
  };
  const sorted = apis.toSorted(
    (one, other) => other.waitingOperations - one.waitingOperations || one.api.localeCompare(other.api),
  );
  const label = t('platform.callable', { n: apis.length });
  const table = (
    <WideTable
      label={label}
      rowKey="api"
      rows={sorted}
      columns={{
        'platform.api': ({ api }) => <NamedCode of="api" code={api} />,
        'platform.rate': {
          cell: ({ callsPerSecond }) => rate(callsPerSecond, t('platform.defaultRate')),
          ...RIGHT,
        },
        'platform.setRate': { cell: ({ setCallsPerSecond }) => rate(setCallsPerSecond, '–'), ...RIGHT },
        'platform.parked': { cell: ({ waitingOperations }) => waitingOperations, ...RIGHT },
      }}
    />
  );
  return <Collapse items={[{ key: 'apis', label, children: table }]} />;
}
