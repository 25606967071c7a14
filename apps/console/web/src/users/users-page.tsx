import { useQuery } from '@tanstack/react-query';
import { Card, type TableColumnsType, Tag, Typography } from 'antd';
import { Link } from 'react-router';
import { type ApiError, post } from '../api/call.js';
import { useText } from '../text/text.js';
import { WideTable } from '../ui/list/wide-table.js';
import { Page } from '../ui/page.js';

interface Grant {
  /** Of a user of the users file, or of a group of single sign-on. */
  name?: string;
  group?: string;
  role: 'viewer' | 'operator';
  scope?: string;
}

const ADD = 'wxa users add NAME --role ROLE --file FILE';

/** Who may use the console, and what for. They are changed on the server, not here. */
export function Component() {
  const t = useText();
  const { data, error, refetch } = useQuery<Record<'users' | 'groups', Grant[]>, ApiError>({
    queryKey: ['users'],
    queryFn: ({ signal }) => post('/api/console/users', {}, signal),
  });
  return (
    <Page title={t('users.title')}>
      <Card title={t('users.list')}>
        <WideTable
          label={t('users.list')}
          rowKey="name"
          error={error}
          retry={refetch}
          rows={data?.users}
          columns={useColumns('name')}
          locale={{ emptyText: t('users.none') }}
          footer={() => (
            <>
              {t('users.how')} <Typography.Text code>{ADD}</Typography.Text>
            </>
          )}
        />
      </Card>
      {data && data.groups.length > 0 && <Groups groups={data.groups} />}
    </Page>
  );
}

/** Of several entries for a group the first counts. */
function Groups({ groups }: { groups: readonly Grant[] }) {
  const t = useText();
  return (
    <Card title={t('users.groups')}>
      <WideTable
        label={t('users.groups')}
        rowKey={({ group, role, scope }) => `${group} ${role} ${scope}`}
        rows={groups}
        columns={useColumns('group')}
      />
    </Card>
  );
}

function useColumns(of: 'name' | 'group'): TableColumnsType<Grant> {
  const t = useText();
  const trail = (name: string) => (
    <Link to={`/trail?person=${encodeURIComponent(name)}`}>{t('users.trail')}</Link>
  );
  return [
    { title: t(`users.${of}`), dataIndex: of },
    { title: t('users.role'), render: (_, { role }) => <Tag>{t(`role.${role}`)}</Tag> },
    { title: t('users.may'), render: (_, { role }) => t(`users.may.${role}`) },
    { title: t('users.scope'), render: (_, { scope }) => scope ?? t('users.allMiniPrograms') },
    ...(of === 'name' ? [{ title: t('users.actions'), dataIndex: 'name', key: 'trail', render: trail }] : []),
  ];
}
