import { Card, Empty, Flex, Table } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../api/query.js';
import { useText } from '../text/text.js';
import { ErrorAlert } from '../ui/error-alert.js';
import { Page, Unread } from '../ui/page.js';
import { useVersionColors, VersionBar } from './version-bar.js';

const LIVE_MS = 5_000;

/** Which version runs where: over all mini-programs, by label, and by template. Each number leads to the list behind it. */
export function Component() {
  const t = useText();
  const { data, error, refetch } = useCall(
    'Fleet/GetFleetSummary',
    { byLabel: true },
    { refetchInterval: LIVE_MS },
  );
  const colors = useVersionColors(data);
  if (data === undefined) return <Unread title={t('versions.title')} error={error} retry={refetch} />;
  const versions = data.versions.map(({ userVersion, count }) => ({
    ...{ name: userVersion, count, to: `/mini-programs?version=${encodeURIComponent(userVersion)}` },
  }));
  const templates = data.templates.map(({ templateId: id, count }) =>
    id === undefined
      ? { name: t('versions.unknownTemplate'), count }
      : { name: t('versions.byTemplate', { id }), count, to: `/mini-programs?template=${id}` },
  );
  return (
    <Page title={t('versions.title')}>
      <ErrorAlert error={error} retry={refetch} />
      <Card size="small" title={t('versions.all', { n: Number(data.total) })}>
        <VersionBar counts={data} colors={colors} />
      </Card>
      <Card size="small" title={t('versions.byLabel')}>
        {data.labels.length === 0 && <Empty description={t('versions.noLabels')} />}
        <Flex vertical gap="middle">
          {data.labels.map(({ label, count, notLive, versions: ofLabel }) => (
            <div key={label}>
              <Link to={`/mini-programs?label=${encodeURIComponent(label)}`}>
                {label} ({Number(count).toLocaleString()})
              </Link>
              <VersionBar
                counts={{ total: count, notLive, versions: ofLabel }}
                colors={colors}
                label={label}
              />
            </div>
          ))}
        </Flex>
      </Card>
      <Card size="small" title={t('versions.table')}>
        <Flex gap="middle" wrap>
          <CountTable title={t('miniPrograms.liveVersion')} rows={versions} />
          <CountTable title={t('miniPrograms.template')} rows={templates} />
        </Flex>
      </Card>
    </Page>
  );
}

function CountTable({
  title,
  rows,
}: {
  title: string;
  rows: { name: string; count: string; to?: string }[];
}) {
  const t = useText();
  return (
    <Table
      style={{ flex: '1 1 320px' }}
      size="small"
      rowKey="name"
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      dataSource={rows}
      columns={[
        { title, render: (_, { name, to }) => (to ? <Link to={to}>{name}</Link> : name) },
        {
          title: t('versions.count'),
          align: 'right',
          sorter: (a, b) => Number(a.count) - Number(b.count),
          render: (_, { count }) => Number(count).toLocaleString(),
        },
      ]}
    />
  );
}
