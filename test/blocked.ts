/** The connections to this database that wait for a lock: other spec files have databases on the same server. */
export const BLOCKED = `select pid from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`;
