import {
  ApiOutlined,
  AppstoreOutlined,
  AuditOutlined,
  BlockOutlined,
  CloudServerOutlined,
  DashboardOutlined,
  FileSearchOutlined,
  HourglassOutlined,
  PieChartOutlined,
  QuestionCircleOutlined,
  RocketOutlined,
  SettingOutlined,
  TeamOutlined,
  UnorderedListOutlined,
} from '@ant-design/icons';
import type { ComponentType } from 'react';
import type { TextKey } from '../text/translate.js';

/** A page of the side navigation. */
export interface NavigationItem {
  path: string;
  text: TextKey;
  icon: ComponentType<{ 'aria-hidden': boolean }>;
  /** Whether the number of doubts that need a decision is beside it. */
  countsDoubts?: boolean;
}

/** The side navigation, in groups. */
export const NAVIGATION: readonly { text?: TextKey; items: readonly NavigationItem[] }[] = [
  { items: [{ path: '/', text: 'overview.title', icon: DashboardOutlined }] },
  {
    text: 'nav.release',
    items: [
      { path: '/rollouts', text: 'rollouts.title', icon: RocketOutlined },
      { path: '/versions', text: 'versions.title', icon: PieChartOutlined },
    ],
  },
  {
    text: 'nav.miniPrograms',
    items: [
      { path: '/mini-programs', text: 'miniPrograms.title', icon: AppstoreOutlined },
      { path: '/settings', text: 'settings.title', icon: SettingOutlined },
    ],
  },
  {
    text: 'nav.audit',
    items: [
      { path: '/audits', text: 'audits.title', icon: AuditOutlined },
      { path: '/doubts', text: 'doubts.title', icon: QuestionCircleOutlined, countsDoubts: true },
    ],
  },
  {
    text: 'nav.platform',
    items: [
      { path: '/templates', text: 'templates.title', icon: BlockOutlined },
      { path: '/platform', text: 'platform.title', icon: CloudServerOutlined },
      { path: '/adoption', text: 'adoption.title', icon: ApiOutlined },
      { path: '/operations', text: 'operations.title', icon: UnorderedListOutlined },
      { path: '/lanes', text: 'lanes.title', icon: HourglassOutlined },
      { path: '/trail', text: 'trail.title', icon: FileSearchOutlined },
      { path: '/users', text: 'users.title', icon: TeamOutlined },
    ],
  },
];

/** The path of the item that a page belongs to. */
export function currentItem(pathname: string): string | undefined {
  const paths = NAVIGATION.flatMap(({ items }) => items.map(({ path }) => path));
  return paths.find((path) => pathname === path || (path !== '/' && pathname.startsWith(`${path}/`)));
}
