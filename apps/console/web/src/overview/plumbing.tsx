import { Flex, Typography } from 'antd';
import { Link } from 'react-router';
import type { Response } from '../api/types.js';
import { hasTokensElsewhere, ticketOf } from '../platform/health.js';
import { useText } from '../text/text.js';
import { useDuration } from '../ui/time.js';

/** What keeps the platform running, in one line: what is wrong with it is above. */
export function Plumbing({ status }: { status: Response<'Platform/GetPlatformStatus'> }) {
  const t = useText();
  const duration = useDuration();
  const { tokenExpireTime, outboxes, authorizers, operationsInDoubt, operationsToResolve } = status;
  const ticket = ticketOf(status);
  const checked = operationsInDoubt - operationsToResolve;
  const depth = outboxes.reduce((sum, one) => sum + one.depth, 0);
  const left = (Date.parse(tokenExpireTime ?? '') - Date.now()) / 1_000;
  const received = ticket ? t('overview.ticket', { age: duration(ticket.seconds) }) : t('overview.noTicket');
  return (
    <Flex gap="middle" wrap>
      <Typography.Text type="secondary">
        {[
          hasTokensElsewhere(status) ? t('overview.tokensElsewhere') : received,
          tokenExpireTime && t('overview.token', { left: duration(left) }),
          t('overview.outbox', { n: depth }),
          t('overview.authorized', { n: authorizers?.authorized ?? 0 }),
          checked > 0 && t('overview.checking', { n: checked }),
        ]
          .filter(Boolean)
          .join(' · ')}
      </Typography.Text>
      <Link to="/platform">{t('platform.title')}</Link>
    </Flex>
  );
}
