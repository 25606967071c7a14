import { PlusOutlined } from '@ant-design/icons';
import { Link } from 'react-router';
import { usePages } from '../api/query.js';
import { canAct } from '../app/session.js';
import { optionsOf, t } from '../text/text.js';
import { titleOf } from '../text/title.js';
import { FilterFields, useFilters } from '../ui/filters.js';
import { LinkButton } from '../ui/link-button.js';
import { Page } from '../ui/page.js';
import { PagedTable } from '../ui/table.js';
import { Time } from '../ui/value.js';
import { whoOf } from '../ui/who.js';
import { Bar } from './parts/bar.js';
import { Status } from './parts/names.js';
import type { Rollout } from './types.js';

const POLL_MS = 5_000;

/** All rollouts, newest first, with a bar each; the numbers renew themselves. */
export function Component() {
  const { given } = useFilters();
  const [state, appid] = [given('state'), given('appid')];
  const states = state ? [`ROLLOUT_STATE_${state}` as Rollout['state']] : [];
  const request = { states, appid, pageSize: 50 };
  const pages = usePages('Rollouts/ListRollouts', request, ({ rollouts }) => rollouts, {
    refetchMs: POLL_MS,
  });
  const create = canAct && (
    <LinkButton to="/rollouts/new" type="primary" icon={<PlusOutlined />}>
      {t('rollouts.new')}
    </LinkButton>
  );
  return (
    <Page title={t('rollouts.title')} actions={create}>
      <FilterFields
        fields={[
          { name: 'state', label: 'rollouts.stateTitle', options: optionsOf('rollout') },
          { name: 'appid', label: 'rollouts.ofAppid', width: 260 },
        ]}
      />
      <PagedTable
        pages={pages}
        rowKey="id"
        empty={t(state || appid ? 'rollouts.noSuch' : 'rollouts.none')}
        columns={{
          'rollouts.name': (one) => <Link to={`/rollouts/${one.id}`}>{titleOf(one)}</Link>,
          'rollouts.stateTitle': (one) => <Status rollout={one} />,
          'rollouts.versionAndTemplate': {
            cell: ({ spec }) => `${spec?.userVersion} · ${spec?.templateId}`,
            responsive: ['lg'],
          },
          'rollouts.progress': { cell: (one) => <Bar rollout={one} counts={one.counts} />, width: 220 },
          'rollouts.targets': { cell: ({ targets }) => targets.toLocaleString(), align: 'right' },
          'rollouts.created': {
            cell: (one) => [<Time key="at" at={one.createTime} />, ` ${whoOf(one)}`],
            responsive: ['md'],
          },
        }}
      />
    </Page>
  );
}
