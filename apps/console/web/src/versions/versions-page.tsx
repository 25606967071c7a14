import { Card, Empty, Flex, Table } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../api/query.js';
import { type TextKey, t } from '../text/text.js';
import { ErrorAlert, Page, Unread } from '../ui/page.js';
import { columnsOf } from '../ui/table.js';
import { useVersionColors, VersionBar } from './version-bar.js';

const LIVE = { refetchInterval: 5_000 };

/** Which version runs where: over all mini-programs, by label, and by template. Each number leads to the list behind it. */
export function Component() {
  const { data, error, refetch } = useCall('Fleet/GetFleetSummary', { byLabel: true }, LIVE);
  const colors = useVersionColors(data);
  if (data === undefined) return <Unread title={t('versions.title')} error={error} retry={refetch} />;
  const versions = data.versions.map(({ userVersion: name, count }) => ({
    ...{ name, count, to: `/mini-programs?version=${encodeURIComponent(name)}` },
  }));
  const templates = data.templates.map(({ templateId: id, count }) =>
    id === undefined
      ? { name: t('versions.unknownTemplate'), count }
      : { name: t('versions.byTemplate', { id }), count, to: `/mini-programs?template=${id}` },
  );
  return (
    <Page title={t('versions.title')}>
      <ErrorAlert error={error} retry={refetch} />
      <Card title={t('versions.all', { n: Number(data.total) })}>
        <VersionBar counts={data} colors={colors} />
      </Card>
      <Card title={t('versions.byLabel')}>
        {data.labels.length === 0 && <Empty description={t('versions.noLabels')} />}
        <Flex vertical gap="middle">
          {data.labels.map(({ label, count, notLive, versions: ofLabel }) => (
            <div key={label}>
              <Link to={`/mini-programs?label=${encodeURIComponent(label)}`}>
                {label} ({Number(count).toLocaleString()})
              </Link>
              <VersionBar counts={{ total: count, notLive, versions: ofLabel }} {...{ colors, label }} />
            </div>
          ))}
        </Flex>
      </Card>
      <Card title={t('versions.table')}>
        <Flex gap="middle" wrap>
          <CountTable title="miniPrograms.liveVersion" rows={versions} />
          <CountTable title="miniPrograms.template" rows={templates} />
        </Flex>
      </Card>
    </Page>
  );
}

interface Counted {
  name: string;
  count: string;
  to?: string;
}

function CountTable({ title, rows }: { title: TextKey; rows: Counted[] }) {
  return (
    <Table<Counted>
      style={{ flex: '1 1 320px' }}
      size="small"
      rowKey="name"
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      dataSource={rows}
      columns={columnsOf<Counted>({
        [title]: ({ name, to }: Counted) => (to ? <Link to={to}>{name}</Link> : name),
        'versions.count': {
          cell: ({ count }) => Number(count).toLocaleString(),
          align: 'right',
          sorter: (a, b) => Number(a.count) - Number(b.count),
        },
      })}
    />
  );
}
