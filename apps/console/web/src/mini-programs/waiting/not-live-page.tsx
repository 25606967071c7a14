import { Flex, Segmented, Typography } from 'antd';
import { useSearchParams } from 'react-router';
import { useCall, usePages } from '../../api/query.js';
import { language, nameOf, t } from '../../text/text.js';
import { ErrorAlert, Page } from '../../ui/page.js';
import { PagedTable } from '../../ui/table.js';
import { MiniProgramName, Secondary, Time } from '../../ui/value.js';
import { requestOf } from '../list/filter.js';
import { MiniProgramTabs } from '../list/list-page.js';
import { openItems } from '../list/rows.js';
import { CopyForOwner } from '../one/readiness.js';
import type { MiniProgram } from '../types.js';
import { firstOf, groupsOf } from './groups.js';

/** The mini-programs without a live version, by what is missing and who has to act. */
export function Component() {
  const [parameters, setParameters] = useSearchParams();
  const { data, error, refetch } = useCall('Fleet/GetFleetSummary', {}, { refetchInterval: 10_000 });
  const groups = groupsOf(data?.notReady ?? []);
  const acts = parameters.get('acts') ?? firstOf(groups);
  const item = parameters.get('item') ?? '';
  const items = groups.find((group) => group.acts === acts)?.items ?? [];
  const show = (next: { acts: string; item?: string }) => setParameters(next, { replace: true });
  const parties = groups.map((group) => ({
    value: group.acts,
    label: t('miniPrograms.waitsFor', { party: nameOf('party', group.acts), n: group.count }),
  }));
  const named = items.map((one) => ({
    value: one.item,
    label: `${nameOf('readiness', one.item)} ${one.count.toLocaleString()}`,
  }));
  return (
    <Page title={t('miniPrograms.title')}>
      <MiniProgramTabs active="not-live" />
      <ErrorAlert error={error} retry={refetch} />
      {data && (
        <Typography.Text>{t('miniPrograms.notLiveTotal', { n: Number(data.notLive) })}</Typography.Text>
      )}
      <Flex gap="middle" wrap>
        <Segmented value={acts} onChange={(value) => show({ acts: value })} options={parties} />
        <Segmented
          value={item}
          onChange={(value) => show({ acts, ...(value && { item: value }) })}
          options={[{ value: '', label: t('miniPrograms.allItems') }, ...named]}
        />
      </Flex>
      <Waiting acts={acts} item={item} />
    </Page>
  );
}

interface Waited {
  acts: string;
  /** Empty: any. */
  item: string;
}

function Waiting({ acts, item }: Waited) {
  const request = { ...requestOf({ labels: [], state: 'notLive', acts, item }), pageSize: 50 };
  const list = usePages('Fleet/ListMiniPrograms', request, ({ miniPrograms }) => miniPrograms);
  return (
    <PagedTable
      pages={list}
      rowKey="appid"
      empty={t('miniPrograms.nobodyWaits')}
      columns={{
        'miniPrograms.name': ({ appid, name }) => <MiniProgramName appid={appid} name={name} />,
        'miniPrograms.missing': (one) => <Sentences program={one} acts={acts} item={item} />,
      }}
    />
  );
}

/** What is missing in sentences; those for the owner can be copied in one go. */
function Sentences({ program, acts, item }: Waited & { program: MiniProgram }) {
  const shown = openItems(program).filter(
    (one) => one.acts === `PARTY_${acts}` && (item === '' || one.item.endsWith(`_TYPE_${item}`)),
  );
  return (
    <Flex gap="small" align="center" wrap>
      <Flex vertical>
        {shown.map((one) => (
          <span key={one.item}>
            {language === 'zh' ? one.detailZh : one.detail}{' '}
            <Secondary>
              {t('miniPrograms.since')} <Time at={one.since} />
            </Secondary>
          </span>
        ))}
      </Flex>
      {acts === 'OWNER' && <CopyForOwner text={shown.map(({ detailZh }) => detailZh).join('\n')} />}
    </Flex>
  );
}
