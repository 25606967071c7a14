import { Card, Flex, Statistic } from 'antd';
import type { Response } from '../api/types.js';
import { useSession } from '../app/session.js';
import { usePlatformStatus } from '../app/use-platform-status.js';
import { hasTokensElsewhere } from '../platform/health.js';
import { secondsOf } from '../text/format-time.js';
import { useText } from '../text/text.js';
import { Page, Unread } from '../ui/page.js';
import { useDuration } from '../ui/time.js';
import { Callbacks } from './callbacks.js';
import { ForwardsTable } from './forwards-table.js';
import { ListedCalls } from './listed-calls.js';
import { RenewToken } from './renew-token.js';
import { StepsList } from './steps-list.js';
import { TokenReaders } from './token-readers.js';

/** As the alert WxaEventsNotPublished. */
const EVENTS_LATE_S = 300;

/** Beside or in front of an old program: which step is reached, what WeChat sends and where it goes, who reads tokens, and listed calls. */
export function Component() {
  const t = useText();
  const { canAct } = useSession();
  const { data: status, error, refetch } = usePlatformStatus();
  if (status === undefined) return <Unread title={t('adoption.title')} error={error} retry={refetch} />;
  const ownsTokens = !hasTokensElsewhere(status);
  return (
    <Page title={t('adoption.title')}>
      <Card title={t('adoption.steps')}>
        <StepsList />
      </Card>
      <Waiting events={status.platformEvents} />
      <Card title={t('adoption.callbacks')}>
        <Callbacks />
      </Card>
      <Card title={t('adoption.forwards')}>
        <ForwardsTable />
      </Card>
      <Card title={t('adoption.tokens')} extra={canAct && ownsTokens && <RenewToken />}>
        <Flex vertical gap="small">
          {t(`adoption.check.owner.${ownsTokens ? 'here' : 'elsewhere'}`)}
          <TokenReaders canRenew={canAct && ownsTokens} />
        </Flex>
      </Card>
      <Card title={t('adoption.calls')}>
        <ListedCalls />
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
    <Card>
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
