import { OverviewPage } from './overview.js';
import { PlatformPage } from './platform.js';
import { TemplatesPage } from './templates.js';

export const PLATFORM_PAGES = [OverviewPage, PlatformPage, TemplatesPage];
