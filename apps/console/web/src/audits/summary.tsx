import { Button, Collapse, Flex, Tag, theme } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { secondsOf } from '../text/format-time.js';
import { t } from '../text/text.js';
import { ErrorAlert } from '../ui/page.js';
import { WideTable } from '../ui/table.js';
import { duration, Time } from '../ui/value.js';
import { decidedOf, passRate } from './pass-rate.js';

const Chart = lazy(() => import('../ui/charts/chart.js'));
const HEIGHT = 180;
const RIGHT = { align: 'right' } as const;

type Summary = Response<'Audits/GetAuditSummary'>;

/** How the audits of the last 30 days ended: in one line, and in full if it is open. */
export function AuditSummary({ isOpen }: { isOpen: boolean }) {
  const { data, error, refetch } = useCall('Audits/GetAuditSummary', {});
  const rate = data && passRate(data);
  if (data === undefined) return <ErrorAlert error={error} retry={refetch} />;
  const label =
    rate === undefined
      ? t('audits.noneDecided')
      : t('audits.summary', { rate, n: decidedOf(data), time: medianOf(data) });
  return (
    <Collapse
      key={String(isOpen)}
      size="small"
      defaultActiveKey={isOpen && rate !== undefined ? ['summary'] : []}
      items={[
        {
          ...{ key: 'summary', label, children: <Parts all={data} /> },
          ...(rate === undefined && { collapsible: 'disabled' as const }),
        },
      ]}
    />
  );
}

/** By day and by reason, of one template if it was picked; by template. */
function Parts({ all }: { all: Summary }) {
  const [templateId, setTemplateId] = useState<string>();
  const { data = all } = useCall('Audits/GetAuditSummary', templateId === undefined ? {} : { templateId });
  return (
    <Flex vertical gap="small">
      {templateId !== undefined && (
        <div>
          <Tag closable onClose={() => setTemplateId(undefined)}>
            {t('versions.byTemplate', { id: templateId })}
          </Tag>
        </div>
      )}
      <Days days={data.days} />
      <Flex wrap gap="middle">
        <div style={{ flex: '1 1 320px', minWidth: 0 }}>
          <WideTable
            label={t('audits.reasons')}
            rowKey="reason"
            minWidth={320}
            rows={data.reasons}
            columns={{
              'audits.reasons': ({ reason }) => reason,
              'audits.count': { cell: ({ count }) => Number(count).toLocaleString(), ...RIGHT },
              'audits.latest': ({ latestTime }) => <Time at={latestTime} />,
            }}
          />
        </div>
        <div style={{ flex: '1 1 320px', minWidth: 0 }}>
          <Templates rows={all.templates} onPick={setTemplateId} />
        </div>
      </Flex>
    </Flex>
  );
}

function Days({ days }: { days: Summary['days'] }) {
  const { token } = theme.useToken();
  const bar = (part: 'approved' | 'rejected', color: string) => ({
    ...{ name: t(`audits.${part}`), type: 'bar' as const, color },
    data: days.map((day): [string, number] => [day.time ?? '', Number(day[part])]),
  });
  const series = [bar('approved', token.colorSuccess), bar('rejected', token.colorError)];
  return (
    <Suspense fallback={<div style={{ height: HEIGHT }} />}>
      <Chart label={t('audits.byDay')} series={series} height={HEIGHT} />
    </Suspense>
  );
}

function Templates({ rows, onPick }: { rows: Summary['templates']; onPick(id: string): void }) {
  const name = (id: string | undefined) =>
    id === undefined ? (
      t('versions.unknownTemplate')
    ) : (
      <Button type="link" size="small" style={{ padding: 0 }} onClick={() => onPick(id)}>
        {t('versions.byTemplate', { id })}
      </Button>
    );
  return (
    <WideTable
      label={t('miniPrograms.template')}
      rowKey={({ templateId = '' }) => templateId}
      minWidth={320}
      rows={rows}
      columns={{
        'miniPrograms.template': ({ templateId }) => name(templateId),
        'audits.count': { cell: (row) => decidedOf(row).toLocaleString(), ...RIGHT },
        'audits.passRate': { cell: (row) => `${passRate(row)} %`, ...RIGHT },
        'audits.time': { cell: medianOf, ...RIGHT },
      }}
    />
  );
}

const medianOf = ({ medianTime = '0s' }: Pick<Summary, 'medianTime'>) => duration(secondsOf(medianTime));
