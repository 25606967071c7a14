import { Button, Card, Col, Flex, Row, Statistic } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { passRate } from '../audits/pass-rate.js';
import { hasTokensElsewhere, outboxesOf, ticketOf } from '../platform/health.js';
import { auditQuotaOf } from '../platform/quota.js';
import { numbersOf } from '../rollouts/core/possible.js';
import { Bar } from '../rollouts/parts/bar.js';
import { pauseText, Status } from '../rollouts/parts/names.js';
import { LIVE_STATES, type Rollout } from '../rollouts/types.js';
import { t } from '../text/text.js';
import { titleOf } from '../text/title.js';
import { ErrorAlert, Page } from '../ui/page.js';
import { Age, duration, Secondary } from '../ui/value.js';
import { useVersionColors, VersionBar } from '../versions/version-bar.js';
import { needsOf } from './needs.js';
import { NeedsCard } from './needs-card.js';

const LIVE = { refetchInterval: 5_000 };
/** No more rollouts can be live. */
const MAX_LIVE = 200;

/** The workbench: what needs somebody, what runs, who runs which version. Everything on it changes by itself. */
export function Component() {
  const status = useCall('Platform/GetPlatformStatus', {}, LIVE);
  const summary = useCall('Fleet/GetFleetSummary', {}, LIVE);
  const running = useCall('Rollouts/ListRollouts', { states: [...LIVE_STATES], pageSize: MAX_LIVE }, LIVE);
  const completed = { states: ['ROLLOUT_STATE_COMPLETED' as const], pageSize: 20 };
  const latest = useCall('Rollouts/ListRollouts', completed, LIVE);
  const [live, ended] = [running.data?.rollouts, latest.data?.rollouts];
  const error = status.error ?? summary.error ?? running.error ?? latest.error;
  const colors = useVersionColors(summary.data);
  const isRead = status.data !== undefined && live !== undefined && ended !== undefined;
  const rollouts = [...(live ?? []), ...(ended ?? [])];
  const read = { status: status.data, summary: summary.data, rollouts };
  const needs = needsOf({ ...read, titleOf, pauseOf: pauseText, now: Date.now() });
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
              {summary.data?.total === '0' && <Secondary>{t('miniPrograms.none')}</Secondary>}
            </Card>
            <AuditsCard status={status.data} />
          </Flex>
        </Col>
      </Row>
      {status.data && <Plumbing status={status.data} />}
    </Page>
  );
}

const SHOWN = 6;

/** The rollouts that run, with their bars. */
function LiveRollouts({ rollouts }: { rollouts: readonly Rollout[] }) {
  const [isAll, setAll] = useState(false);
  if (rollouts.length === 0) return <Secondary>{t('overview.noRollouts')}</Secondary>;
  const shown = isAll ? rollouts : rollouts.slice(0, SHOWN);
  return (
    <Flex vertical gap="middle">
      {shown.map((rollout) => (
        <Flex key={rollout.id} vertical gap={4}>
          <Flex justify="space-between" gap="small" wrap>
            <Flex gap="small" align="center" wrap>
              <Link to={`/rollouts/${rollout.id}`}>{titleOf(rollout)}</Link>
              <Secondary style={{ overflowWrap: 'anywhere' }}>{rollout.spec?.userVersion}</Secondary>
              <Status rollout={rollout} />
            </Flex>
            <Secondary>
              {t('overview.done', { n: numbersOf(rollout).succeeded, total: rollout.targets })}
            </Secondary>
          </Flex>
          <Bar rollout={rollout} counts={rollout.counts} listsOf={rollout.id} />
        </Flex>
      ))}
      {rollouts.length > shown.length && (
        <Button type="link" onClick={() => setAll(true)}>
          {t('overview.more', { n: rollouts.length - shown.length })}
        </Button>
      )}
    </Flex>
  );
}

/** What keeps the platform running, in one line: what is wrong with it is above. */
function Plumbing({ status }: { status: Response<'Platform/GetPlatformStatus'> }) {
  const { tokenExpireTime, authorizers, operationsInDoubt, operationsToResolve } = status;
  const ticket = ticketOf(status);
  const checked = operationsInDoubt - operationsToResolve;
  const depth = outboxesOf(status).reduce((sum, one) => sum + one.depth, 0);
  const left = (Date.parse(tokenExpireTime ?? '') - Date.now()) / 1_000;
  const received = ticket ? t('overview.ticket', { age: duration(ticket.seconds) }) : t('overview.noTicket');
  return (
    <Flex gap="middle" wrap>
      <Secondary>
        {[
          hasTokensElsewhere(status) ? t('overview.tokensElsewhere') : received,
          tokenExpireTime && t('overview.token', { left: duration(left) }),
          t('overview.outbox', { n: depth }),
          t('overview.authorized', { n: authorizers?.authorized ?? 0 }),
          checked > 0 && t('overview.checking', { n: checked }),
        ]
          .filter(Boolean)
          .join(' · ')}
      </Secondary>
      <Link to="/platform">{t('platform.title')}</Link>
    </Flex>
  );
}

const COUNTED = 100;
const EVERY_MINUTE = { refetchInterval: 60_000 };

/** Audits: how many are open and were submitted today, how many pass, and what is left of the quota. */
function AuditsCard({ status }: { status: Response<'Platform/GetPlatformStatus'> | undefined }) {
  const pending = { state: 'AUDIT_STATE_PENDING', pageSize: 1 } as const;
  const oldest = useCall('Audits/ListAudits', pending, EVERY_MINUTE).data?.audits[0];
  const createTimeAfter = new Date(new Date().setHours(0, 0, 0, 0)).toISOString();
  const state = 'OPERATION_STATE_SUCCEEDED';
  const today = { method: 'SubmitAudit', state, pageSize: COUNTED, createTimeAfter } as const;
  const submitted = useCall('Operations/ListOperations', today, EVERY_MINUTE).data;
  const summary = useCall('Audits/GetAuditSummary', {}, EVERY_MINUTE).data;
  const rate = summary && passRate(summary);
  const read = status && auditQuotaOf(status);
  const { rest = 0, limit = 0, speedupRest = 0 } = read?.quota ?? {};
  const count = submitted && `${submitted.operations.length}${submitted.nextPageToken === '' ? '' : '+'}`;
  return (
    <Card title={t('audits.title')} extra={<Link to="/audits">{t('overview.all')}</Link>}>
      <Flex gap="large" wrap>
        <Statistic title={t('overview.submittedToday')} value={count ?? '–'} />
        <Statistic title={t('overview.inAudit')} value={status?.openAudits ?? '–'} />
        <Statistic title={t('overview.delayed')} value={status?.delayedAudits ?? '–'} />
        <Statistic title={t('overview.passRate')} value={rate === undefined ? '–' : `${rate} %`} />
        <Statistic
          title={t('overview.quota')}
          value={limit === 0 ? t('unknown') : rest}
          suffix={limit > 0 && `/ ${limit.toLocaleString()}`}
        />
      </Flex>
      <Flex wrap gap="0 16px" style={{ color: 'var(--ant-color-text-secondary)' }}>
        {oldest && (
          <span>
            {t('overview.oldestAudit')} <Age since={oldest.submitTime} />
          </span>
        )}
        {limit > 0 && <span>{t('miniPrograms.speedUpsLeft', { n: speedupRest })}</span>}
        {read && (
          <span>
            {t('overview.quotaAsked')} <Age since={read.time} />
          </span>
        )}
      </Flex>
    </Card>
  );
}
