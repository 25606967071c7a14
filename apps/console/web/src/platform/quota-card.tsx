import { ReloadOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Flex, Progress, Table, Typography } from 'antd';
import { Link } from 'react-router';
import { call } from '../api/call.js';
import { useAction, useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { t } from '../text/text.js';
import { columnsOf } from '../ui/table.js';
import { Secondary, Time } from '../ui/value.js';
import { burnDown } from './quota.js';

type Snapshot = NonNullable<Response<'Platform/GetPlatformStatus'>['auditQuota']>;
type Rollout = Response<'Rollouts/ListRollouts'>['rollouts'][number];

/** An answer that is older says little while audits are submitted. */
const OLD_MS = 5 * 60_000;
const SHARES = 10;

/** The monthly quotas of audits and speed-ups: what is left, how long it lasts, and which rollouts use it. */
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
      <Shares rest={quota?.quota?.rest} />
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

/** Which rollouts have submitted audits, and how many more those that run are going to submit. */
function Shares({ rest }: { rest: number | undefined }) {
  const { data } = useCall('Rollouts/ListRollouts', { pageSize: 200 });
  const rows = (data?.rollouts ?? [])
    .map((rollout) => ({ ...rollout, ahead: submissionsAhead(rollout) }))
    .filter(({ submissions, ahead }) => submissions > 0 || ahead > 0)
    .toSorted((one, other) => other.ahead - one.ahead || other.submissions - one.submissions);
  const needed = rows.reduce((sum, { ahead }) => sum + ahead, 0);
  if (rows.length === 0) return null;
  return (
    <Flex vertical gap="small" style={{ marginTop: 16 }}>
      {rest !== undefined && needed > rest && (
        <Alert type="warning" showIcon title={t('platform.short', { needed, rest })} />
      )}
      <Table
        rowKey="id"
        size="small"
        columns={columnsOf<(typeof rows)[number]>({
          'platform.rollout': ({ id, spec }) => <Link to={`/rollouts/${id}`}>{spec?.name}</Link>,
          'platform.submitted': { cell: ({ submissions }) => submissions, align: 'right' },
          'platform.ahead': { cell: ({ ahead }) => ahead, align: 'right' },
        })}
        dataSource={rows.slice(0, SHARES)}
        pagination={false}
      />
    </Flex>
  );
}

const BEFORE_AUDIT = /_(READINESS|COMMIT|SETTINGS|CHECK|SUBMIT_AUDIT)$/;
const UNENDED = /_(PENDING|RUNNING|WAITING|IN_DOUBT)$/;

function submissionsAhead({ state, spec, counts }: Rollout): number {
  if (!/_(RUNNING|PAUSED)$/.test(state) || spec?.audit === undefined) return 0;
  return counts
    .filter((each) => BEFORE_AUDIT.test(each.step) && UNENDED.test(each.state))
    .reduce((sum, { count }) => sum + count, 0);
}
