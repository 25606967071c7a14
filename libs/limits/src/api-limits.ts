import type { Statements } from '@wxa/postgres';
import { IS_BY_QUOTA, IS_OF_OPERATOR, IS_STOPPED } from './api-stop.js';
import { configuredRate, currentRate } from './rates.js';

/** The limits of one API for the whole platform. */
export interface ApiLimit {
  api: string;
  /** Calls per second; null: no limit. */
  rate: number | null;
  /** The rate that an operator set, in calls per second; 0: no limit, null: none. */
  setRate: number | null;
  /** Set while the API is stopped. */
  stop: ApiStop | null;
}

/** No calls to an API before `until`: its quota is exhausted, an operator stopped it, or both. */
export interface ApiStop {
  since: Date;
  until: Date;
  /** Whose stop ends last. */
  source: StopSource;
  /** WeChat's rejection. */
  quota: { errcode: number; errmsg: string } | null;
  operator: {
    /** Empty if it is not known. */
    by: string;
    /** The person for whom it acted. */
    onBehalfOf: string | null;
    reason: string;
    /** What it stopped, such as `ALL_CHANGES`; null: this API alone. */
    scope: string | null;
  } | null;
}

export type StopSource = 'wechat' | 'operator';

const LIMITS = `
select api, ${currentRate(configuredRate('l.rate', '$1'))} as rate, rate as "setRate",
  case when ${IS_STOPPED} then json_build_object(
    'since', stopped_at, 'until', stopped_until, 'source', case when ${IS_BY_QUOTA} then 'wechat' else 'operator' end,
    'quota', case when stop_errcode is not null then json_build_object('errcode', stop_errcode, 'errmsg', stop_errmsg) end,
    'operator', case when ${IS_OF_OPERATOR} then json_build_object('by', stopped_by,
      'onBehalfOf', stopped_for, 'reason', stop_reason, 'scope', stop_scope) end
  ) end as stop
from (select api from api_limits union select unnest($2::text[])) a left join api_limits l using (api) order by api`;

type Row = Omit<ApiLimit, 'stop'> & {
  stop: (Omit<ApiStop, 'since' | 'until'> & Record<'since' | 'until', string>) | null;
};

/**
 * The limits of every API that was ever limited, and those of EVERY_API if an operator set its rate.
 * @param perApi calls per second of an API without a rate of its own; 0: no limit of this service.
 * @param apis their limits are returned even if they never had one.
 */
export async function readApiLimits(
  pool: Statements,
  perApi: number,
  apis: string[] = [],
): Promise<ApiLimit[]> {
  const { rows } = await pool.query<Row>({ name: 'api-limits', text: LIMITS, values: [perApi, apis] });
  return rows.map(({ stop, ...limit }) => ({
    ...limit,
    stop: stop && { ...stop, since: new Date(stop.since), until: new Date(stop.until) },
  }));
}
