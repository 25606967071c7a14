import { Card, Col, Flex, Row, Typography } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { usePauseText } from '../rollouts/parts/names.js';
import { useText } from '../text/text.js';
import { useTitle } from '../text/use-title.js';
import { ErrorAlert } from '../ui/error-alert.js';
import { Page } from '../ui/page.js';
import { useVersionColors, VersionBar } from '../versions/version-bar.js';
import { AuditsCard } from './audits-card.js';
import { LiveRollouts } from './live-rollouts.js';
import { needsOf } from './needs.js';
import { NeedsCard } from './needs-card.js';
import { Plumbing } from './plumbing.js';

type State = Response<'Rollouts/ListRollouts'>['rollouts'][number]['state'];
const LIVE = { refetchInterval: 5_000 };

/** The workbench: what needs somebody, what runs, who runs which version. Everything on it changes by itself. */
export function Component() {
  const t = useText();
  const status = useCall('Platform/GetPlatformStatus', {}, LIVE);
  const summary = useCall('Fleet/GetFleetSummary', {}, LIVE);
  const running = useCall('Rollouts/ListRollouts', { states: UNENDED, pageSize: MAX_LIVE }, LIVE);
  const latest = useCall(
    'Rollouts/ListRollouts',
    { states: ['ROLLOUT_STATE_COMPLETED'], pageSize: 20 },
    LIVE,
  );
  const [live, ended] = [running.data?.rollouts, latest.data?.rollouts];
  const error = status.error ?? summary.error ?? running.error ?? latest.error;
  const colors = useVersionColors(summary.data);
  const isRead = status.data !== undefined && live !== undefined && ended !== undefined;
  const rollouts = [...(live ?? []), ...(ended ?? [])];
  const words = { titleOf: useTitle(), pauseOf: usePauseText() };
  const read = { status: status.data, summary: summary.data, rollouts };
  const needs = needsOf({ ...read, ...words, now: Date.now() });
  return (
    <Page title={t('overview.title')}>
      <ErrorAlert error={error} />
      {(isRead || needs.length > 0 || !error) && <NeedsCard needs={needs} isRead={isRead} />}
      <Row gutter={[16, 16]}>
        <Col xs={24} xl={14}>
          <Card
            title={t('overview.rollouts')}
            extra={<Link to="/rollouts">{t('overview.all')}</Link>}
            loading={live === undefined && !error}
          >
            {live && <LiveRollouts rollouts={live} />}
          </Card>
        </Col>
        <Col xs={24} xl={10}>
          <Flex vertical gap="middle">
            <Card
              title={t('versions.title')}
              extra={<Link to="/versions">{t('overview.all')}</Link>}
              loading={summary.data === undefined && !error}
            >
              {summary.data && <VersionBar counts={summary.data} colors={colors} />}
              {summary.data?.total === '0' && (
                <Typography.Text type="secondary">{t('miniPrograms.none')}</Typography.Text>
              )}
            </Card>
            <AuditsCard status={status.data} />
          </Flex>
        </Col>
      </Row>
      {status.data && <Plumbing status={status.data} />}
    </Page>
  );
}

/** No more rollouts can be live. */
const MAX_LIVE = 200;
const UNENDED: State[] = ['ROLLOUT_STATE_RUNNING', 'ROLLOUT_STATE_PAUSED', 'ROLLOUT_STATE_CANCELLING'];
