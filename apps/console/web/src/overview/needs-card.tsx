import { Badge, Button, Card, Flex } from 'antd';
import { useState } from 'react';
import { nameOf, t } from '../text/text.js';
import { LinkButton } from '../ui/link-button.js';
import { Secondary } from '../ui/value.js';
import type { Need } from './needs.js';

const SHOWN = 8;
const STATUS = { 1: 'error', 2: 'warning', 3: 'default' } as const;
const DISMISSED = 'overview.dismissed';

/** What needs somebody, each with the button that leads to it. A rollout that has ended can be dismissed. */
export function NeedsCard({ needs, isRead }: { needs: readonly Need[]; isRead: boolean }) {
  const [dismissed, setDismissed] = useState<string[]>(() =>
    JSON.parse(localStorage.getItem(DISMISSED) ?? '[]'),
  );
  const [isAll, setAll] = useState(false);
  const open = needs.filter(({ key }) => !dismissed.includes(key));
  const dismiss = (key: string) => {
    const next = [...dismissed, key].slice(-100);
    localStorage.setItem(DISMISSED, JSON.stringify(next));
    setDismissed(next);
  };
  const shown = isAll ? open : open.slice(0, SHOWN);
  return (
    <Card
      title={t('overview.needsYou')}
      extra={open.length > 0 && <Badge count={open.length} />}
      loading={!isRead && open.length === 0}
    >
      {open.length === 0 && <Secondary>{t('overview.nothing')}</Secondary>}
      <Flex vertical gap="small">
        {shown.map((need) => (
          <NeedLine key={need.key} need={need} onDismiss={() => dismiss(need.key)} />
        ))}
        {open.length > shown.length && (
          <Button type="link" onClick={() => setAll(true)}>
            {t('overview.more', { n: open.length - shown.length })}
          </Button>
        )}
      </Flex>
    </Card>
  );
}

function NeedLine({ need, onDismiss }: { need: Need; onDismiss: () => void }) {
  const { kind, severity, to, values } = need;
  const cause = nameOf('hold', `${values.cause ?? ''}`);
  const names = `${values.names ?? ''}`.split(' ').map((name) => nameOf('api', name));
  const more = Number(values.more) > 0 ? t('overview.andMore', { n: Number(values.more) }) : '';
  return (
    <Flex justify="space-between" align="center" gap="small" wrap>
      <Flex gap="small" align="baseline" flex={1} style={{ minWidth: 220 }}>
        <Badge status={STATUS[severity]} />
        <span style={{ overflowWrap: 'anywhere' }}>
          {t(`overview.need.${kind}`, { ...values, cause, more, names: names.join(t('separator')) })}
        </span>
      </Flex>
      <Flex gap="small">
        {kind === 'failed' && (
          <Button size="small" onClick={onDismiss}>
            {t('overview.dismiss')}
          </Button>
        )}
        <LinkButton
          to={to}
          size="small"
          type={severity === 1 ? 'primary' : 'default'}
          danger={severity === 1}
        >
          {t(`overview.do.${kind}`)}
        </LinkButton>
      </Flex>
    </Flex>
  );
}
