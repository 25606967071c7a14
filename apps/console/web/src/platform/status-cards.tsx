import { Badge, Card, Col, Row, Statistic, Typography } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Response } from '../api/types.js';
import { secondsOf } from '../text/format-time.js';
import { type TextKey, t } from '../text/text.js';
import { duration, Time } from '../ui/value.js';
import { hasTokensElsewhere, isStuck, outboxesOf, ticketOf } from './health.js';

type Status = Response<'Platform/GetPlatformStatus'>;

interface Part {
  title: TextKey;
  health: 'success' | 'error' | 'default';
  value: ReactNode;
  details: ReactNode;
}

/** Whether the parts work that nothing else works without. */
export function StatusCards({ status }: { status: Status }) {
  const parts = [ticket(status), token(status), outbox(status), workers(status)];
  return (
    <Row gutter={[16, 16]}>
      {parts.map(({ title, health, value, details }) => (
        <Col key={title} xs={12} xl={6}>
          <Card style={{ height: '100%' }}>
            <Statistic title={<Badge status={health} text={t(title)} />} valueRender={() => value} />
            <Typography.Text type={health === 'error' ? 'danger' : 'secondary'}>{details}</Typography.Text>
          </Card>
        </Col>
      ))}
    </Row>
  );
}

function ticket(status: Status): Part {
  const title = 'platform.ticket';
  const last = ticketOf(status);
  if (last === undefined) {
    const details = t(hasTokensElsewhere(status) ? 'platform.ticketElsewhere' : 'platform.noTicket');
    return { title, health: 'default', value: '–', details };
  }
  const details = t(last.isLate ? 'platform.ticketLate' : 'platform.ticketRule');
  return {
    title,
    health: last.isLate ? 'error' : 'success',
    value: t('ago', { time: duration(last.seconds) }),
    details,
  };
}

function token(status: Status): Part {
  const { tokenAge, tokenExpireTime, authorizers } = status;
  const title = 'platform.token';
  const value = tokenAge === undefined ? '–' : t('ago', { time: duration(secondsOf(tokenAge)) });
  const n = authorizers?.needsAuthorization ?? 0;
  if (n > 0) {
    const text = t('platform.needAuthorization', { n });
    const details = <Link to="/mini-programs?state=NEEDS_AUTHORIZATION">{text}</Link>;
    return { title, health: 'error', value, details };
  }
  const expires = tokenExpireTime && (
    <>
      {t('platform.expires')} <Time at={tokenExpireTime} />
    </>
  );
  const details = hasTokensElsewhere(status) ? t('platform.tokenElsewhere') : expires;
  return { title, health: tokenAge === undefined ? 'default' : 'success', value, details };
}

function outbox(status: Status): Part {
  const outboxes = outboxesOf(status);
  const oldest = Math.max(0, ...outboxes.map(({ oldestAge }) => (oldestAge ? secondsOf(oldestAge) : 0)));
  const quarantined = outboxes.reduce((sum, each) => sum + each.quarantined, 0);
  const details = [
    ...(oldest > 0 ? [t('platform.oldestWaits', { age: duration(oldest) })] : []),
    ...(quarantined > 0 ? [t('platform.quarantinedCount', { n: quarantined })] : []),
  ];
  return {
    title: 'platform.outbox',
    health: outboxes.some(isStuck) ? 'error' : 'success',
    value: outboxes.reduce((sum, { depth }) => sum + depth, 0),
    details: details.join(' · ') || t('platform.allPublished'),
  };
}

function workers({ workers: all }: Status): Part {
  const n = all.reduce((sum, { count }) => sum + count, 0);
  const list = all.map(({ version }) => version).join(' · ');
  const details = n > 0 ? t('platform.versions', { list }) : t('platform.noWorkers');
  return { title: 'platform.workers', health: n > 0 ? 'success' : 'error', value: n, details };
}
