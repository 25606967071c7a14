import type { Pool } from 'pg';
import type { Known } from './keep-reads.js';

interface Lists {
  published: string[];
  testing: string[];
}

/** The domains that the platform has registered, for live or for test versions, as last read. */
export async function platformDomains(pool: Pool): Promise<Known['platform']> {
  const { rows } = await pool.query<{ server: Lists | null; webview: Lists | null }>({
    ...{ name: 'platform-domains', text: 'select server, webview from platform_domains' },
  });
  const { server = null, webview = null } = rows[0] ?? {};
  return {
    ...(server && { server: [...server.published, ...server.testing] }),
    ...(webview && { webview: [...webview.published, ...webview.testing] }),
  };
}
