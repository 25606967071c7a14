import { Card, Flex, Tag, Typography } from 'antd';
import { language, nameOf, t } from '../../text/text.js';
import { Secondary, StateTag, Time } from '../../ui/value.js';
import type { MiniProgram } from '../types.js';

type Item = NonNullable<MiniProgram['readiness']>['items'][number];
const ORDER = ['MISSING', 'PENDING', 'UNKNOWN', 'OK', 'NOT_NEEDED'].map(
  (state) => `READINESS_STATE_${state}`,
);

/** What prevents a release, who has to do what, and the sentence that support can send to the owner. */
export function ReadinessCard({ program: { readiness } }: { program: MiniProgram }) {
  const { items = [], ready = false } = readiness ?? {};
  const state = (
    <Tag color={ready ? 'success' : 'warning'}>
      {t(ready ? 'miniPrograms.ready' : 'miniPrograms.notReady')}
    </Tag>
  );
  return (
    <Card title={t('miniPrograms.readiness')} extra={items.length > 0 && state}>
      {items.length === 0 && <Secondary>{t('miniPrograms.readinessUnread')}</Secondary>}
      <Flex vertical gap="small">
        {items
          .toSorted((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state))
          .map((item) => (
            <ItemLine key={item.item} item={item} />
          ))}
      </Flex>
    </Card>
  );
}

function ItemLine({ item: { item, state, acts, detail, detailZh, number, since } }: { item: Item }) {
  const isMissing = state === 'READINESS_STATE_MISSING';
  return (
    <Flex gap="small" align="baseline" wrap>
      <StateTag of="readinessState" state={state} />
      <Typography.Text strong={isMissing}>{nameOf('readiness', item)}</Typography.Text>
      {acts !== 'PARTY_UNSPECIFIED' && (
        <Secondary>{t('miniPrograms.acts', { party: nameOf('party', acts) })}</Secondary>
      )}
      <Typography.Text>{language === 'zh' ? detailZh : detail}</Typography.Text>
      <Secondary>
        {number !== 0 && state !== 'READINESS_STATE_OK' && `(${number}) `}
        {isMissing && t('miniPrograms.since')} {isMissing && <Time at={since} />}
      </Secondary>
      {acts === 'PARTY_OWNER' && <CopyForOwner text={detailZh} />}
    </Flex>
  );
}

/** Copies what support sends to the owner of a mini-program. */
export function CopyForOwner({ text }: { text: string }) {
  const tooltips = [t('miniPrograms.copyForOwner'), t('copied')];
  return <Typography.Text copyable={{ text, tooltips }}>{t('miniPrograms.forOwner')}</Typography.Text>;
}
