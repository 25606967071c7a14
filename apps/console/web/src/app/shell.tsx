import { Alert, Badge, Button, Drawer, Grid, Layout, Menu, type MenuProps, theme } from 'antd';
import { useState } from 'react';
import { Link, Outlet, useLocation } from 'react-router';
import { openLogin } from '../api/call.js';
import { errorText } from '../api/error-text.js';
import { facts } from '../api/facts.js';
import { t } from '../text/text.js';
import { Header } from './header.js';
import { currentItem, NAVIGATION, type NavigationItem } from './navigation.js';
import { StopBanner } from './stop/stop-banner.js';
import { usePlatformStatus } from './use-platform-status.js';

const SIDE_WIDTH = 200;

type Item = NonNullable<MenuProps['items']>[number];

/** The frame of all pages: side navigation, header, content. */
export function Shell() {
  if (facts.session !== undefined) return <Frame />;
  openLogin(false);
  return null;
}

function Frame() {
  const { token } = theme.useToken();
  const { lg: isWide = true } = Grid.useBreakpoint();
  const [isOpen, setIsOpen] = useState(false);
  const navigation = <Navigation onFollow={() => setIsOpen(false)} />;
  const side = {
    background: token.colorBgContainer,
    borderInlineEnd: `1px solid ${token.colorBorderSecondary}`,
  };
  return (
    <Layout style={{ minHeight: '100vh' }}>
      <a className="skip" href="#content">
        {t('skip')}
      </a>
      <Header onMenu={isWide ? undefined : () => setIsOpen(true)} />
      <StopBanner />
      <EndedSession />
      <Layout>
        {isWide ? (
          <Layout.Sider width={SIDE_WIDTH} style={side}>
            {navigation}
          </Layout.Sider>
        ) : (
          <Drawer
            placement="left"
            size={SIDE_WIDTH + 40}
            open={isOpen}
            onClose={() => setIsOpen(false)}
            title={t('nav.label')}
            styles={{ body: { padding: 0 } }}
          >
            {navigation}
          </Drawer>
        )}
        <Layout.Content id="content" role="main" style={{ padding: isWide ? 24 : 12, minWidth: 0 }}>
          <Outlet />
        </Layout.Content>
      </Layout>
    </Layout>
  );
}

/** On a page with a form, which is not left by itself. */
function EndedSession() {
  const { error } = usePlatformStatus();
  if (error?.reason !== 'LOGIN_REQUIRED') return null;
  const action = <Button onClick={() => openLogin(true)}>{t('login')}</Button>;
  return <Alert banner title={errorText(error)} action={action} />;
}

function Navigation({ onFollow }: { onFollow(): void }) {
  const { pathname } = useLocation();
  const { data: status } = usePlatformStatus();
  const itemOf = ({ path, text, icon: Icon, countsDoubts }: NavigationItem) => ({
    key: path,
    icon: <Icon aria-hidden />,
    label: (
      <Link to={path}>
        {t(text)}
        {countsDoubts && <Badge count={status?.operationsToResolve ?? 0} style={{ marginInlineStart: 8 }} />}
      </Link>
    ),
  });
  const items = NAVIGATION.flatMap<Item>(({ text, items }) =>
    text === undefined
      ? items.map(itemOf)
      : [{ type: 'group', key: text, label: t(text), children: items.map(itemOf) }],
  );
  return (
    <nav aria-label={t('nav.label')}>
      <Menu
        mode="inline"
        items={items}
        selectedKeys={[currentItem(pathname) ?? '']}
        onClick={onFollow}
        style={{ borderInlineEnd: 'none' }}
      />
    </nav>
  );
}
