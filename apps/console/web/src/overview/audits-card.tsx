import { Card, Flex, Statistic } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { passRate } from '../audits/pass-rate.js';
import { auditQuotaOf } from '../platform/quota.js';
import { t } from '../text/text.js';
import { Age } from '../ui/value.js';

const COUNTED = 100;
const EVERY_MINUTE = { refetchInterval: 60_000 };

/** Audits: how many are open and were submitted today, how many pass, and what is left of the quota. */
export function AuditsCard({ status }: { status: Response<'Platform/GetPlatformStatus'> | undefined }) {
  const pending = { state: 'AUDIT_STATE_PENDING', pageSize: 1 } as const;
  const oldest = useCall('Audits/ListAudits', pending, EVERY_MINUTE).data?.audits[0];
  const createTimeAfter = new Date(new Date().setHours(0, 0, 0, 0)).toISOString();
  const today = { method: 'SubmitAudit', pageSize: COUNTED, createTimeAfter };
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
