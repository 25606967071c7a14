import { Card, Flex } from 'antd';
import { canAct } from '../app/session.js';
import { usePlatformStatus } from '../app/use-platform-status.js';
import { hasTokensElsewhere } from '../platform/health.js';
import { t } from '../text/text.js';
import { Page, Unread } from '../ui/page.js';
import { StepsList } from './steps-list.js';
import { Callbacks, ForwardsTable, ListedCalls } from './tables.js';
import { RenewToken, TokenReaders } from './tokens.js';

/** Beside or in front of an old program: which step is reached, what WeChat sends and where it goes, who reads tokens, and listed calls. */
export function Component() {
  const { data: status, error, refetch } = usePlatformStatus();
  if (status === undefined) return <Unread title={t('adoption.title')} error={error} retry={refetch} />;
  const ownsTokens = !hasTokensElsewhere(status);
  return (
    <Page title={t('adoption.title')}>
      <Card title={t('adoption.steps')}>
        <StepsList />
      </Card>
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
