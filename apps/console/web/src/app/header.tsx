import { MenuOutlined, UserOutlined } from '@ant-design/icons';
import { Button, Dropdown, Flex, Layout, Tag, Typography, theme } from 'antd';
import { post } from '../api/call.js';
import { facts } from '../api/facts.js';
import { useAction } from '../api/query.js';
import { t } from '../text/text.js';
import { LanguageButton } from './look/language.js';
import { CHOICES, chooseTheme, useTheme } from './look/theme.js';
import { Search } from './search/search.js';
import { role, scope, user } from './session.js';
import { StopButton } from './stop/stop-button.js';

/** The bar above all pages. @param props.onMenu opens the navigation where it is not beside the page. */
export function Header({ onMenu }: { onMenu: (() => void) | undefined }) {
  const { token } = theme.useToken();
  const { environment } = facts;
  const color = environment && colorOf(environment);
  return (
    <Layout.Header
      style={{
        position: 'sticky',
        top: 0,
        zIndex: 10,
        background: token.colorBgContainer,
        borderBottom: `1px solid ${token.colorBorderSecondary}`,
        ...(color && { borderTop: `3px solid var(--ant-color-${color})` }),
      }}
    >
      <Flex align="center" gap="small" style={{ height: '100%' }}>
        {onMenu && <Button type="text" icon={<MenuOutlined />} aria-label={t('nav.open')} onClick={onMenu} />}
        <Typography.Text strong ellipsis style={{ fontSize: 16, minWidth: 0 }}>
          <span className="wide-only">{t('product')}</span>
          {!color && <span className="narrow-only">{t('product.short')}</span>}
        </Typography.Text>
        {color && <Tag color={color}>{environment}</Tag>}
        <Flex align="center" gap="small" style={{ marginInlineStart: 'auto' }}>
          <Search />
          <StopButton />
          <LanguageButton />
          <UserMenu />
        </Flex>
      </Flex>
    </Layout.Header>
  );
}

/** The colour of a deployment's mark, by its name: production should be seen without reading. */
function colorOf(name: string): 'error' | 'warning' | 'success' {
  if (/^prod|生产|正式/i.test(name)) return 'error';
  return /stag|pre|预/i.test(name) ? 'warning' : 'success';
}

/** The user, the theme, and the log-out. */
function UserMenu() {
  // What is read afterwards would be refused.
  const onSuccess = () => window.location.assign('/login');
  const logOut = useAction(() => post('/logout', {}), { invalidates: [], onSuccess });
  const items = [
    {
      key: 'user',
      type: 'group' as const,
      label: [user, t(`role.${role}`), scope].filter(Boolean).join(' · '),
    },
    {
      key: 'theme',
      label: t('theme'),
      children: CHOICES.map((choice) => ({
        key: choice,
        label: t(`theme.${choice}`),
        onClick: () => chooseTheme(choice),
      })),
    },
    { key: 'logOut', label: t('logOut'), onClick: () => logOut.mutate() },
  ];
  return (
    <Dropdown menu={{ items, selectedKeys: [useTheme().choice] }} trigger={['click']}>
      <Button type="text" icon={<UserOutlined />} aria-label={`${t('user')} ${user}`}>
        <span className="wide-only">{user.replace(/ <.*/, '')}</span>
      </Button>
    </Dropdown>
  );
}
