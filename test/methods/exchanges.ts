import type { Method } from '@wxa/contracts';
import { CHANGES } from './change-exchanges.js';
import type { Exchange } from './exchange.js';
import { QUERIES } from './query-exchanges.js';

/** What is exchanged with WeChat for each method. */
export const EXCHANGES: Record<Method, Exchange[]> = { ...CHANGES, ...QUERIES };

export const ALL = Object.keys(EXCHANGES) as Method[];
