import { createContext } from 'react';
import type { useTheme } from './theme.js';

export const ThemeContext = createContext<ReturnType<typeof useTheme> | undefined>(undefined);
