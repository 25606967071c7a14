import { Badge, Card, Col, Row, Statistic, Typography } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Response } from '../api/types.js';
import { secondsOf } from '../text/format-time.js';
import { useText } from '../text/text.js';
import { Time, useDuration } from '../ui/time.js';
import { hasTokensElsewhere, isStuck, ticketOf } from './health.js';

type Status = Response<'Platform/GetPlatformStatus'>;

/** Whether the parts work that nothing else works without. */
export function StatusCards({ status }: { status: Status }) {
  return (
    <Row gutter={[16, 16]}>
      <Ticket status={status} />
      <Token status={status} />
      <Outbox status={status} />
      <Workers status={status} />
    </Row>
  );
}

interface Part {
  title: string;
  health: 'success' | 'error' | 'default';
  value: ReactNode;
  details: ReactNode;
}

function PartCard({ title, health, value, details }: Part) {
  return (
    <Col xs={12} xl={6}>
      <Card size="small" style={{ height: '100%' }}>
        <Statistic title={<Badge status={health} text={title} />} valueRender={() => value} />
        <Typography.Text type={health === 'error' ? 'danger' : 'secondary'}>{details}</Typography.Text>
      </Card>
    </Col>
  );
}

function Ticket({ status }: { status: Status }) {
  const [t, age] = [useText(), useDuration()];
  const ticket = ticketOf(status);
  if (ticket === undefined) {
    const details = t(hasTokensElsewhere(status) ? 'platform.ticketElsewhere' : 'platform.noTicket');
    return <PartCard title={t('platform.ticket')} health="default" value="–" details={details} />;
  }
  return (
    <PartCard
      title={t('platform.ticket')}
      health={ticket.isLate ? 'error' : 'success'}
      value={age(ticket.seconds)}
      details={t(ticket.isLate ? 'platform.ticketLate' : 'platform.ticketRule')}
    />
  );
}

function Token({ status }: { status: Status }) {
  const { tokenAge, tokenExpireTime, authorizers } = status;
  const [t, age] = [useText(), useDuration()];
  const broken = authorizers?.needsAuthorization ?? 0;
  return (
    <PartCard
      title={t('platform.token')}
      health={broken > 0 ? 'error' : tokenAge === undefined ? 'default' : 'success'}
      value={tokenAge === undefined ? '–' : age(secondsOf(tokenAge))}
      details={
        broken > 0 ? (
          <Link to="/mini-programs?state=NEEDS_AUTHORIZATION">
            {t('platform.needAuthorization', { n: broken })}
          </Link>
        ) : hasTokensElsewhere(status) ? (
          t('platform.tokenElsewhere')
        ) : (
          tokenExpireTime && (
            <>
              {t('platform.expires')} <Time at={tokenExpireTime} />
            </>
          )
        )
      }
    />
  );
}

function Outbox({ status: { outboxes } }: { status: Status }) {
  const [t, age] = [useText(), useDuration()];
  const oldest = Math.max(0, ...outboxes.map(({ oldestAge }) => (oldestAge ? secondsOf(oldestAge) : 0)));
  const quarantined = outboxes.reduce((sum, each) => sum + each.quarantined, 0);
  const details = [
    ...(oldest > 0 ? [t('platform.oldestWaits', { age: age(oldest) })] : []),
    ...(quarantined > 0 ? [t('platform.quarantinedCount', { n: quarantined })] : []),
  ];
  return (
    <PartCard
      title={t('platform.outbox')}
      health={outboxes.some(isStuck) ? 'error' : 'success'}
      value={outboxes.reduce((sum, { depth }) => sum + depth, 0)}
      details={details.join(' · ') || t('platform.allPublished')}
    />
  );
}

function Workers({ status: { workers } }: { status: Status }) {
  const t = useText();
  const n = workers.reduce((sum, { count }) => sum + count, 0);
  return (
    <PartCard
      title={t('platform.workers')}
      health={n > 0 ? 'success' : 'error'}
      value={n}
      details={
        n > 0
          ? t('platform.versions', { list: workers.map(({ version }) => version).join(' · ') })
          : t('platform.noWorkers')
      }
    />
  );
}
