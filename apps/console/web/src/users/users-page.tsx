import { useQuery } from '@tanstack/react-query';
import { Card, Tag, Typography } from 'antd';
import { Link } from 'react-router';
import { type ApiError, post } from '../api/call.js';
import { t } from '../text/text.js';
import { Page } from '../ui/page.js';
import { type Columns, WideTable } from '../ui/table.js';

interface Grant {
  /** Of a user of the users file, or of a group of single sign-on. */
  name?: string;
  group?: string;
  role: 'viewer' | 'operator';
  scope?: string;
}

const ADD = 'wxa users add NAME --role ROLE --file FILE';

const RIGHTS: Columns<Grant> = {
  'users.role': ({ role }) => <Tag>{t(`role.${role}`)}</Tag>,
  'users.may': ({ role }) => t(`users.may.${role}`),
  'users.scope': ({ scope }) => scope ?? t('users.allMiniPrograms'),
};

/** Who may use the console, and what for. They are changed on the server, not here. Of several entries for a group the first counts. */
export function Component() {
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
          columns={{
            'users.name': ({ name }) => name,
            ...RIGHTS,
            'users.actions': ({ name = '' }) => (
              <Link to={`/trail?person=${encodeURIComponent(name)}`}>{t('users.trail')}</Link>
            ),
          }}
          locale={{ emptyText: t('users.none') }}
        />
        <Typography.Paragraph type="secondary" style={{ margin: '8px 0 0' }}>
          {t('users.how')} <Typography.Text code>{ADD}</Typography.Text>
        </Typography.Paragraph>
      </Card>
      {data && data.groups.length > 0 && (
        <Card title={t('users.groups')}>
          <WideTable
            label={t('users.groups')}
            rowKey={({ group, role, scope }) => `${group} ${role} ${scope}`}
            rows={data.groups}
            columns={{ 'users.group': ({ group }) => group, ...RIGHTS }}
          />
        </Card>
      )}
    </Page>
  );
}
