import { Card, Flex, Skeleton, Statistic } from 'antd';
import { useCall } from '../api/query.js';
import { useSession } from '../app/session.js';
import { hasTokensElsewhere } from '../platform/health.js';
import { secondsOf } from '../text/format-time.js';
import { useText } from '../text/text.js';
import { ErrorAlert } from '../ui/error-alert.js';
import { Page } from '../ui/page.js';
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
  const ownsTokens = status.data !== undefined && !hasTokensElsewhere(status.data);
  return (
    <Page title={t('adoption.title')}>
      <ErrorAlert error={error} />
      <Card title={t('adoption.steps')}>
        {steps ? <StepsList steps={steps} /> : error ? null : <Skeleton active />}
      </Card>
      <Waiting />
      <Card title={t('adoption.callbacks')}>
        <Callbacks forwards={forwards.data} />
      </Card>
      <Card title={t('adoption.forwards')}>
        {forwards.data ? <ForwardsTable {...forwards.data} /> : <Skeleton active />}
      </Card>
      <Card title={t('adoption.tokens')} extra={canAct && ownsTokens && <RenewToken />}>
        <Flex vertical gap="small">
          {status.data && t(`adoption.check.owner.${ownsTokens ? 'here' : 'elsewhere'}`)}
          <TokenReaders canRenew={canAct && ownsTokens} />
        </Flex>
      </Card>
      <Card title={t('adoption.calls')}>
        <ListedCalls calls={calls.data?.calls ?? []} />
      </Card>
    </Page>
  );
}

/** Events that wait for Kafka. */
function Waiting() {
  const [t, age] = [useText(), useDuration()];
  const { data } = useCall('Platform/GetPlatformStatus', {}, { refetchInterval: EVERY_MS });
  const { depth = 0, oldestAge, quarantined = 0 } = data?.platformEvents ?? {};
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
