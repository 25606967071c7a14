import { Flex, Typography } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { useName, useText } from '../text/text.js';
import { useColumn } from '../ui/list/column.js';
import { Tags } from '../ui/list/tags.js';
import { WideTable } from '../ui/list/wide-table.js';
import { Time } from '../ui/time.js';
import { whoOf } from '../ui/who.js';

type ListedCall = Response<'Platform/ListListedCalls'>['calls'][number];

/** Of one call. */
const SHOWN = 5;

/** The calls of WeChat that the policy lists: who may make each, and who did. */
export function ListedCalls() {
  const [t, name] = [useText(), useName()];
  const column = useColumn<ListedCall>();
  const { data, error, refetch } = useCall('Platform/ListListedCalls', {});
  const nobody = <Typography.Text type="warning">{t('adoption.nobody')}</Typography.Text>;
  return (
    <WideTable
      label={t('adoption.calls')}
      minWidth={920}
      rowKey="name"
      columns={[
        column('adoption.name', (call) => call.name),
        column('adoption.api', ({ api, isGet }) => <code>{`${isGet ? 'GET' : 'POST'} ${api}`}</code>),
        column('adoption.effect', ({ effect }) => name('callEffect', effect)),
        column('adoption.ofToken', ({ componentToken }) =>
          t(componentToken ? 'adoption.ofPlatform' : 'adoption.ofMiniProgram'),
        ),
        column('adoption.mayCall', ({ callers }) =>
          callers.length === 0 ? nobody : <Tags words={callers} />,
        ),
        column('adoption.called', (call) => <Uses {...call} />),
      ]}
      rows={data?.calls}
      error={error}
      retry={refetch}
      locale={{ emptyText: t('adoption.noCalls') }}
    />
  );
}

function Uses({ effect, uses }: ListedCall) {
  const t = useText();
  if (uses.length === 0)
    return <Typography.Text type="secondary">{t('adoption.neverCalled')}</Typography.Text>;
  const isQuery = effect === 'WECHAT_CALL_EFFECT_NONE';
  return (
    <Flex vertical>
      {uses.slice(0, SHOWN).map((use) => (
        <span key={`${use.caller} ${use.onBehalfOf}`}>
          {whoOf(use) || t('trail.unnamed')} × {use.calls} · <Time at={use.lastTime} />
        </span>
      ))}
      <Link to={isQuery ? '/operations?all=1&method=QueryWechat' : '/operations?method=ChangeWechat'}>
        {t('operations.title')}
      </Link>
    </Flex>
  );
}
