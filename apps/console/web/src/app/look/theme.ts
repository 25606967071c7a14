import { type ThemeConfig, theme } from 'antd';
import { useEffect, useSyncExternalStore } from 'react';

export const CHOICES = ['light', 'dark', 'system'] as const;
type ThemeChoice = (typeof CHOICES)[number];

const KEY = 'theme';
const SYSTEM = window.matchMedia('(prefers-color-scheme: dark)');
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
  colorPrimaryHover: '#003eb2',
  colorLinkHover: '#003eb2',
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
/** Its colours are read on black, and on them is written in black. */
const DARK = {
  colorPrimary: '#65a9f3',
  colorLink: '#65a9f3',
  colorLinkHover: '#87b9e8',
  colorInfo: '#65a9f3',
  colorError: '#ff7875',
  colorTextLightSolid: '#141414',
  // Dark enough for the links in a chosen row.
  controlItemBgActive: '#111d2c',
  controlItemBgActiveHover: '#11263e',
  colorTextTertiary: 'rgba(255, 255, 255, 0.62)',
  colorTextQuaternary: 'rgba(255, 255, 255, 0.58)',
};

/** They are gray, as is what lies over a picture. */
const DARK_TOOLTIPS = { colorTextLightSolid: '#ffffff' };

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
      Menu: { itemHeight: 34 },
      ...(isDark && { Tooltip: DARK_TOOLTIPS, Image: DARK_TOOLTIPS }),
    },
    hashed: false,
  };
}

/** What the user has chosen on this machine, and whether it is dark now. */
export function useTheme() {
  const choice = useSyncExternalStore(watch, readChoice);
  const isSystemDark = useSyncExternalStore(watch, () => SYSTEM.matches);
  const isDark = choice === 'dark' || (choice === 'system' && isSystemDark);
  useEffect(() => {
    document.documentElement.style.colorScheme = isDark ? 'dark' : 'light';
  }, [isDark]);
  return { choice, isDark };
}

export function chooseTheme(choice: ThemeChoice): void {
  localStorage.setItem(KEY, choice);
  // Browsers tell the other tabs only.
  window.dispatchEvent(new Event('storage'));
}

function readChoice(): ThemeChoice {
  const stored = localStorage.getItem(KEY);
  return CHOICES.find((choice) => choice === stored) ?? 'system';
}

function watch(changed: () => void): () => void {
  SYSTEM.addEventListener('change', changed);
  window.addEventListener('storage', changed);
  return () => {
    SYSTEM.removeEventListener('change', changed);
    window.removeEventListener('storage', changed);
  };
}
