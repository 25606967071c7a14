import { type ThemeConfig, theme } from 'antd';
import { useEffect, useState, useSyncExternalStore } from 'react';

export const CHOICES = ['light', 'dark', 'system'] as const;
export type ThemeChoice = (typeof CHOICES)[number];

const KEY = 'theme';
const FONTS =
  "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans SC', 'Noto Sans CJK SC', sans-serif";

/** Darker than Ant Design's: its own have less than the contrast of 4.5 that text needs. */
const LIGHT = {
  colorPrimary: '#0958d9',
  colorInfo: '#0958d9',
  colorSuccess: '#237804',
  colorWarning: '#ad4e00',
  colorError: '#cf1322',
  colorLink: '#0958d9',
  // Those that it would derive from darker colours are dull.
  colorSuccessBg: '#f6ffed',
  colorSuccessBorder: '#b7eb8f',
  colorWarningBg: '#fffbe6',
  colorWarningBorder: '#ffe58f',
  colorErrorBg: '#fff2f0',
  colorErrorBorder: '#ffccc7',
  colorTextSecondary: 'rgba(0, 0, 0, 0.68)',
  colorTextTertiary: 'rgba(0, 0, 0, 0.62)',
  colorTextQuaternary: 'rgba(0, 0, 0, 0.58)',
};
const DARK = {
  colorPrimary: '#3c89e8',
  colorLink: '#65a9f3',
  colorInfo: '#65a9f3',
  colorError: '#ff7875',
  colorTextTertiary: 'rgba(255, 255, 255, 0.62)',
  colorTextQuaternary: 'rgba(255, 255, 255, 0.58)',
};

/** Lighter, because their background is not black. */
const DARK_TAGS = { colorError: '#f37370', colorInfo: '#65a9f3' };

/** Red that is read on black, and black that is read on that red. */
const DARK_BUTTONS = { colorError: '#f37370', colorErrorHover: '#f58d8a', dangerColor: '#141414' };

/** Darker, because there are links on it. */
const DARK_TABLES = { rowSelectedBg: '#111d2c', rowSelectedHoverBg: '#112a45' };

export function themeOf(isDark: boolean): ThemeConfig {
  return {
    algorithm: isDark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: { fontFamily: FONTS, fontSize: 14, borderRadius: 6, ...(isDark ? DARK : LIGHT) },
    components: {
      // As those of size small: one density on all pages.
      Card: { headerFontSize: 14, headerHeight: 38, headerPadding: 12, bodyPadding: 12 },
      // Folded parts are as white as cards.
      Collapse: { headerBg: isDark ? '#141414' : '#ffffff' },
      Layout: { headerPadding: '0 16px', headerHeight: 56 },
      Menu: { itemHeight: 34, ...(isDark && { itemSelectedColor: DARK.colorLink }) },
      ...(isDark && { Tag: DARK_TAGS, Button: DARK_BUTTONS, Table: DARK_TABLES }),
    },
    hashed: false,
  };
}

/** What the user has chosen on this machine, and whether it is dark now. */
export function useTheme() {
  const [choice, setChoice] = useState(readChoice);
  const isSystemDark = useSyncExternalStore(watchSystem, () => system().matches);
  const isDark = choice === 'dark' || (choice === 'system' && isSystemDark);
  useEffect(() => {
    document.documentElement.style.colorScheme = isDark ? 'dark' : 'light';
  }, [isDark]);
  const choose = (next: ThemeChoice) => {
    localStorage.setItem(KEY, next);
    setChoice(next);
  };
  return { choice, isDark, choose };
}

function readChoice(): ThemeChoice {
  const stored = localStorage.getItem(KEY);
  return CHOICES.find((choice) => choice === stored) ?? 'system';
}

const system = () => window.matchMedia('(prefers-color-scheme: dark)');

function watchSystem(changed: () => void): () => void {
  const media = system();
  media.addEventListener('change', changed);
  return () => media.removeEventListener('change', changed);
}
