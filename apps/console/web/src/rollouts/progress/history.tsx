import { Card, theme } from 'antd';
import { lazy, Suspense } from 'react';
import { useCall } from '../../api/query.js';
import { t } from '../../text/text.js';
import { inAudit, pointsOf } from '../core/points.js';

const Chart = lazy(() => import('../../ui/charts/chart.js'));
const HEIGHT = 200;
const POLL_MS = 60_000;

/** How many mini-programs of a rollout were done, failed and in audit over time. The chart is loaded once the page is painted. */
export function History({ id, isLive }: { id: string; isLive: boolean }) {
  const { token } = theme.useToken();
  const history = useCall('Rollouts/ListRolloutHistory', { id }, { refetchInterval: isLive && POLL_MS });
  const points = history.data?.points ?? [];
  if (points.length === 0 && !history.isPending) return null;
  const bar = (part: 'succeeded' | 'failed', color: string) => ({
    ...{ name: t(`rollouts.part.${part}`), type: 'bar' as const, color, data: pointsOf(points, part) },
  });
  const audits = { name: t('rollouts.part.inAudit'), type: 'line' as const, color: token.purple };
  const series = [
    { ...audits, data: inAudit(points) },
    bar('succeeded', token.colorSuccess),
    bar('failed', token.colorError),
  ];
  return (
    <Card size="small" title={t('rollouts.history')}>
      <div style={{ height: HEIGHT }}>
        <Suspense>
          {points.length > 0 && <Chart label={t('rollouts.history')} series={series} height={HEIGHT} />}
        </Suspense>
      </div>
    </Card>
  );
}
