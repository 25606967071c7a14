import { z } from 'zod';

/** The pages of every template of the simulator. */
export const TEMPLATE_PAGES: readonly string[] = ['index', 'page/list', 'page/detail', 'page/logs/logs'];

/** The limit of a code package at the time of the source document. */
const MAX_BYTES = 2 * 1024 * 1024;

const PAGE_PATH = /^(?!\/)[^\s?#]+$/;

const extJson = z.looseObject({
  extAppid: z.string().optional(),
  ext: z.record(z.string(), z.unknown()).optional(),
  extPages: z.record(z.string(), z.unknown()).optional(),
  pages: z.array(z.string().regex(PAGE_PATH)).optional(),
  window: z.record(z.string(), z.unknown()).optional(),
  networkTimeout: z.record(z.string(), z.unknown()).optional(),
  tabBar: z
    .looseObject({ list: z.array(z.looseObject({ pagePath: z.unknown() }).partial()).optional() })
    .optional(),
});

type ExtJson = z.infer<typeof extJson>;

/** The pages of the resulting code, or the errcode with which WeChat rejects the ext_json. */
export type ExtJsonCheck = { pages: string[] } | { errcode: number };

/**
 * Checks ext_json as commit does: a string (85013) that parses (85048) to an object of known shape (85013), at
 * most 2 MiB (85044), `pages` not empty (85047), every tab with its path (85046), and no path outside the pages
 * (85045). `pages` replaces the template's (section 1, merge rule 3).
 */
export function checkExtJson(text: unknown): ExtJsonCheck {
  if (typeof text !== 'string') return { errcode: 85013 };
  if (Buffer.byteLength(text) > MAX_BYTES) return { errcode: 85044 };
  const value = parsed(text);
  if (value === undefined) return { errcode: 85048 };
  const config = extJson.safeParse(value);
  return config.success ? checkPaths(config.data) : { errcode: 85013 };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkPaths(config: ExtJson): ExtJsonCheck {
  if (config.pages?.length === 0) return { errcode: 85047 };
  const pages = config.pages ?? [...TEMPLATE_PAGES];
  const tabs = config.tabBar?.list ?? [];
  if (!tabs.every((tab) => typeof tab.pagePath === 'string' && tab.pagePath !== ''))
    return { errcode: 85046 };
  const known = new Set([...pages, ...TEMPLATE_PAGES]);
  const paths = [...tabs.map((tab) => String(tab.pagePath)), ...Object.keys(config.extPages ?? {})];
  return paths.every((path) => known.has(path)) ? { pages } : { errcode: 85045 };
}
