import { PlusOutlined } from '@ant-design/icons';
import { Button, Flex, Grid, Segmented, Select } from 'antd';
import { Link, useNavigate } from 'react-router';
import { usePages } from '../api/query.js';
import { useSession } from '../app/session.js';
import { useName, useText } from '../text/text.js';
import { useTitle } from '../text/use-title.js';
import { useColumn } from '../ui/list/column.js';
import { PagedTable } from '../ui/list/paged-table.js';
import { SearchInput } from '../ui/list/search-input.js';
import { useFilters } from '../ui/list/use-filters.js';
import { Page } from '../ui/page.js';
import { Time } from '../ui/time.js';
import { whoOf } from '../ui/who.js';
import { Bar } from './parts/bar.js';
import { Status } from './parts/names.js';
import type { Rollout } from './types.js';

const STATES = ['DRAFT', 'RUNNING', 'PAUSED', 'CANCELLING', 'COMPLETED', 'CANCELLED'] as const;
const POLL_MS = 5_000;

/** All rollouts, newest first, with a bar each; the numbers renew themselves. */
export function Component() {
  const t = useText();
  const { canAct } = useSession();
  const navigate = useNavigate();
  const { given, set } = useFilters();
  const state = STATES.find((name) => name === given('state'));
  const appid = given('appid');
  const pages = usePages(
    'Rollouts/ListRollouts',
    { states: state ? [`ROLLOUT_STATE_${state}`] : [], appid, pageSize: 50 },
    ({ rollouts }) => rollouts,
    { refetchMs: POLL_MS },
  );
  const create = canAct && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => navigate('/rollouts/new')}>
      {t('rollouts.new')}
    </Button>
  );
  return (
    <Page title={t('rollouts.title')} actions={create}>
      <Flex wrap gap="small">
        <States state={state ?? ''} onChoose={(value) => set({ state: value })} />
        <SearchInput
          label={t('rollouts.ofAppid')}
          value={appid}
          width={260}
          onSearch={(value) => set({ appid: value })}
        />
      </Flex>
      <PagedTable
        pages={pages}
        rowKey="id"
        columns={useColumns()}
        empty={t(state || appid ? 'rollouts.noSuch' : 'rollouts.none')}
      />
    </Page>
  );
}

/** The choice of a state; on a phone it is a list that opens. */
function States({ state, onChoose }: { state: string; onChoose(state: string): void }) {
  const t = useText();
  const name = useName();
  const { md: isWide = true } = Grid.useBreakpoint();
  const named = STATES.map((value) => ({ value, label: name('rollout', value) }));
  const same = { value: state, onChange: onChoose, options: [{ value: '', label: t('all') }, ...named] };
  if (isWide) return <Segmented<string> {...same} />;
  return <Select<string> {...same} aria-label={t('rollouts.stateTitle')} style={{ width: 140 }} />;
}

function useColumns() {
  const titleOf = useTitle();
  const column = useColumn<Rollout>();
  return [
    column('rollouts.name', (rollout) => <Link to={`/rollouts/${rollout.id}`}>{titleOf(rollout)}</Link>),
    column('rollouts.stateTitle', (rollout) => <Status rollout={rollout} />),
    column('rollouts.versionAndTemplate', ({ spec }) => `${spec?.userVersion} · ${spec?.templateId}`, {
      responsive: ['lg'],
    }),
    column('rollouts.progress', (rollout) => <Bar rollout={rollout} counts={rollout.counts} />, {
      width: 220,
    }),
    column('rollouts.targets', ({ targets }) => targets.toLocaleString(), { align: 'right' }),
    column(
      'rollouts.created',
      (rollout) => (
        <>
          <Time at={rollout.createTime} /> {whoOf(rollout)}
        </>
      ),
      { responsive: ['md'] },
    ),
  ];
}
