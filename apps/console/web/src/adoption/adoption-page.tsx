import { Card, Flex, Skeleton, Statistic } from 'antd';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { useSession } from '../app/session.js';
import { hasTokensElsewhere } from '../platform/health.js';
import { secondsOf } from '../text/format-time.js';
import { useText } from '../text/text.js';
import { ErrorAlert } from '../ui/error-alert.js';
import { Page, Unread } from '../ui/page.js';
import { useDuration } from '../ui/time.js';
import { Callbacks } from './callbacks.js';
import { ForwardsTable } from './forwards-table.js';
import { ListedCalls } from './listed-calls.js';
import { RenewToken } from './renew-token.js';
import { StepsList } from './steps-list.js';
import { TokenReaders } from './token-readers.js';
import { EVERY_MS, useSteps } from './use-steps.js';

/** As the alert WxaEventsNotPublished. */
const EVENTS_LATE_S = 300;

/** Beside or in front of an old program: which step is reached, what WeChat sends and where it goes, who reads tokens, and listed calls. */
export function Component() {
  const t = useText();
  const { canAct } = useSession();
  const { steps, error } = useSteps();
  const status = useCall('Platform/GetPlatformStatus', {}, { refetchInterval: EVERY_MS });
  const forwards = useCall('Platform/GetForwards', {}, { refetchInterval: EVERY_MS });
  const calls = useCall('Platform/ListListedCalls', {});
  if (status.data === undefined)
    return <Unread title={t('adoption.title')} error={status.error} retry={status.refetch} />;
  const ownsTokens = !hasTokensElsewhere(status.data);
  return (
    <Page title={t('adoption.title')}>
      <Card title={t('adoption.steps')}>
        <ErrorAlert error={error} />
        {steps ? <StepsList steps={steps} /> : !error && <Skeleton active />}
      </Card>
      <Waiting events={status.data.platformEvents} />
      <Card title={t('adoption.callbacks')}>
        <Callbacks forwards={forwards.data} />
      </Card>
      <Card title={t('adoption.forwards')}>
        <ErrorAlert error={forwards.error} retry={forwards.refetch} />
        {forwards.data ? <ForwardsTable {...forwards.data} /> : !forwards.error && <Skeleton active />}
      </Card>
      <Card title={t('adoption.tokens')} extra={canAct && ownsTokens && <RenewToken />}>
        <Flex vertical gap="small">
          {t(`adoption.check.owner.${ownsTokens ? 'here' : 'elsewhere'}`)}
          <TokenReaders canRenew={canAct && ownsTokens} />
        </Flex>
      </Card>
      <Card title={t('adoption.calls')}>
        <ListedCalls calls={calls.data?.calls} error={calls.error} retry={calls.refetch} />
      </Card>
    </Page>
  );
}

/** Events that wait for Kafka. */
function Waiting({ events }: { events: Response<'Platform/GetPlatformStatus'>['platformEvents'] }) {
  const [t, age] = [useText(), useDuration()];
  const { depth = 0, oldestAge, quarantined = 0 } = events ?? {};
  const isLate = oldestAge !== undefined && secondsOf(oldestAge) > EVENTS_LATE_S;
  return (
    <Card size="small">
      <Flex gap="large" wrap>
        <Statistic title={t('adoption.waiting')} value={depth} />
        <Statistic
          title={t('adoption.oldest')}
          value={oldestAge ? age(secondsOf(oldestAge)) : '–'}
          styles={isLate ? { content: { color: 'var(--ant-color-error)' } } : {}}
        />
        <Statistic title={t('platform.quarantined')} value={quarantined} />
      </Flex>
    </Card>
  );
}
