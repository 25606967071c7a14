import { Flex, type TableColumnsType, Tag, Typography } from 'antd';
import { Link } from 'react-router';
import type { Response } from '../api/types.js';
import { useName, useText } from '../text/text.js';
import type { ReadError } from '../ui/error-alert.js';
import { WideTable } from '../ui/list/wide-table.js';
import { Time } from '../ui/time.js';
import { whoOf } from '../ui/who.js';

type ListedCall = Response<'Platform/ListListedCalls'>['calls'][number];

/** Of one call. */
const SHOWN = 5;

interface Props extends ReadError {
  calls: readonly ListedCall[] | undefined;
}

/** The calls of WeChat that the policy lists: who may make each, and who did. */
export function ListedCalls({ calls, ...failed }: Props) {
  const [t, name] = [useText(), useName()];
  const columns: TableColumnsType<ListedCall> = [
    { title: t('adoption.name'), dataIndex: 'name' },
    {
      title: t('adoption.api'),
      render: (_, { api, isGet }) => <code>{`${isGet ? 'GET' : 'POST'} ${api}`}</code>,
    },
    { title: t('adoption.effect'), render: (_, { effect }) => name('callEffect', effect) },
    {
      title: t('adoption.ofToken'),
      render: (_, { componentToken }) => t(componentToken ? 'adoption.ofPlatform' : 'adoption.ofMiniProgram'),
    },
    {
      title: t('adoption.mayCall'),
      render: (_, { callers }) =>
        callers.length === 0 ? (
          <Typography.Text type="warning">{t('adoption.nobody')}</Typography.Text>
        ) : (
          <Flex gap={4} wrap>
            {callers.map((caller) => (
              <Tag key={caller}>{caller}</Tag>
            ))}
          </Flex>
        ),
    },
    { title: t('adoption.called'), render: (_, call) => <Uses {...call} /> },
  ];
  return (
    <WideTable
      label={t('adoption.calls')}
      minWidth={920}
      rowKey="name"
      columns={columns}
      rows={calls}
      {...failed}
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
