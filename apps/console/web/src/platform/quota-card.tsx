import { ReloadOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Flex, Progress, Typography } from 'antd';
import { call } from '../api/call.js';
import { useAction, useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { t } from '../text/text.js';
import { Secondary, Time } from '../ui/value.js';
import { burnDown } from './quota.js';

type Snapshot = NonNullable<Response<'Platform/GetPlatformStatus'>['auditQuota']>;
type Rollout = Response<'Rollouts/ListRollouts'>['rollouts'][number];

/** An answer that is older says little while audits are submitted. */
const OLD_MS = 5 * 60_000;

/** The monthly quotas of audits and speed-ups: what is left, how long it lasts, and whether it is enough for the rollouts that run. */
export function QuotaCard({ quota }: { quota: Snapshot | undefined }) {
  const isOld = quota?.time !== undefined && Date.now() - Date.parse(quota.time) > OLD_MS;
  return (
    <Card title={t('platform.quota')} extra={<AskNow />}>
      {quota && (
        <Typography.Paragraph type={isOld ? 'warning' : 'secondary'}>
          {t('platform.asOf')} <Time at={quota.time} />
        </Typography.Paragraph>
      )}
      <Left quota={quota?.quota} />
      {quota?.quota && quota.quota.limit > 0 && <Shortage rest={quota.quota.rest} />}
    </Card>
  );
}

/** WeChat tells the quota of the platform by any of its mini-programs. */
function AskNow() {
  const one = { state: 'AUTHORIZER_STATE_AUTHORIZED', pageSize: 1 } as const;
  const appid = useCall('Authorizers/ListAuthorizers', one).data?.authorizers[0]?.appid;
  const ask = useAction(() => call('CodeManagement/GetAuditQuota', { appid: appid ?? '' }));
  return (
    <Button
      icon={<ReloadOutlined />}
      loading={ask.isPending}
      disabled={appid === undefined}
      onClick={() => ask.mutate()}
    >
      {t('platform.askNow')}
    </Button>
  );
}

/** WeChat answers a limit of 0 while it does not know the quota. */
function Left({ quota }: { quota: Snapshot['quota'] }) {
  if (quota === undefined || quota.limit === 0)
    return <Typography.Text>{t('platform.quotaUnknown')}</Typography.Text>;
  return (
    <Flex vertical gap="middle">
      <Quota title={t('platform.audits')} rest={quota.rest} limit={quota.limit} />
      {quota.speedupLimit > 0 && (
        <Quota title={t('platform.speedUps')} rest={quota.speedupRest} limit={quota.speedupLimit} />
      )}
    </Flex>
  );
}

function Quota({ title, rest, limit }: { title: string; rest: number; limit: number }) {
  const { used, perDay, passed, until, monthEnds } = burnDown({ rest, limit }, new Date());
  const percent = Math.round((used / limit) * 100);
  const pace = { n: Math.round(perDay * 10) / 10, passed: Math.round(passed * 100), percent };
  return (
    <div>
      <Flex justify="space-between" wrap gap="small">
        <Typography.Text strong>
          {title} {t('platform.left', { rest, limit })}
        </Typography.Text>
        <Typography.Text type={rest === 0 ? 'danger' : until ? 'warning' : 'success'}>
          {rest === 0 ? t('platform.usedUp') : until ? t('platform.enoughUntil') : t('platform.enough')}{' '}
          {(rest === 0 || until) && <Time at={(rest === 0 ? monthEnds : until)?.toISOString()} />}
        </Typography.Text>
      </Flex>
      <Progress percent={percent} status={rest === 0 ? 'exception' : 'normal'} aria-label={title} />
      <Secondary>{t('platform.pace', pace)}</Secondary>
    </div>
  );
}

/** That the rollouts that run are going to submit more audits than are left. */
function Shortage({ rest }: { rest: number }) {
  const { data } = useCall('Rollouts/ListRollouts', {
    states: ['ROLLOUT_STATE_RUNNING', 'ROLLOUT_STATE_PAUSED'],
    pageSize: 200,
  });
  const needed = (data?.rollouts ?? []).reduce((sum, rollout) => sum + submissionsAhead(rollout), 0);
  if (needed <= rest) return null;
  return (
    <Alert type="warning" showIcon title={t('platform.short', { needed, rest })} style={{ marginTop: 16 }} />
  );
}

const BEFORE_AUDIT = /_(READINESS|COMMIT|SETTINGS|CHECK|SUBMIT_AUDIT)$/;
const UNENDED = /_(PENDING|RUNNING|WAITING|IN_DOUBT)$/;

function submissionsAhead({ spec, counts }: Rollout): number {
  if (spec?.audit === undefined) return 0;
  return counts
    .filter((each) => BEFORE_AUDIT.test(each.step) && UNENDED.test(each.state))
    .reduce((sum, { count }) => sum + count, 0);
}
