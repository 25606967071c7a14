import type { Pool } from 'pg';

/** What a read that began at a time has shown of the live version; what is undefined was not read. */
export interface LiveSettings {
  appid: string;
  at: Date;
  visitStatus?: 'OPEN' | 'CLOSED';
  supportVersion?: string;
  /** 0: no gray release. */
  grayPercent?: number;
}

// WeChat's reads lag behind its changes by about a second; most reads show nothing new.
const KEEP = `
update mini_programs set visit_status = coalesce($3, visit_status), support_version = coalesce($4, support_version),
  gray_percent = coalesce($5, gray_percent), updated_at = clock_timestamp()
where appid = $1 and (set_at is null or set_at < $2::timestamptz - interval '5 seconds')
  and (visit_status is distinct from coalesce($3, visit_status)
    or support_version is distinct from coalesce($4, support_version)
    or gray_percent <> coalesce($5, gray_percent))`;

/** Stores what a read has shown, unless this service has changed it since the read, or just before. */
export async function keepLiveSettings(
  pool: Pool,
  { appid, at, visitStatus, supportVersion, grayPercent }: LiveSettings,
): Promise<void> {
  const values = [appid, at, visitStatus ?? null, supportVersion ?? null, grayPercent ?? null];
  await pool.query({ name: 'keep-live-settings', text: KEEP, values });
}
