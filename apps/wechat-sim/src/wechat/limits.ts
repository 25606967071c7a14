/** Allowed calls per second, and per Chinese day for one API. Undefined: no limit. */
export interface LimitRates {
  perAppidPerApi?: number | undefined;
  perApi?: number | undefined;
  dailyPerApi?: number | undefined;
}

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const CHINA_MS = 8 * 3_600_000;

/** WeChat's limits: fixed windows aligned to the clock. */
export class CallLimits {
  private rates: LimitRates = {};
  private readonly bySecond = new Map<string, number>();
  private readonly byDay = new Map<string, number>();
  private second = 0;
  private day = 0;

  set(rates: LimitRates): void {
    this.rates = rates;
    this.bySecond.clear();
    this.byDay.clear();
  }

  get(): LimitRates {
    return this.rates;
  }

  /**
   * Counts the call; returns 45009 if the daily quota is exhausted, 45011 if the limit of the second is
   * exceeded, otherwise 0.
   */
  take(api: string, appid: string, now: number): number {
    const { perAppidPerApi, perApi, dailyPerApi } = this.rates;
    this.turn(now);
    if (dailyPerApi !== undefined && this.over(this.byDay, api, dailyPerApi)) return 45009;
    if (perApi !== undefined && this.over(this.bySecond, api, perApi)) return 45011;
    if (perAppidPerApi !== undefined && this.over(this.bySecond, `${api} ${appid}`, perAppidPerApi))
      return 45011;
    return 0;
  }

  private turn(now: number): void {
    const second = Math.floor(now / SECOND_MS);
    const day = Math.floor((now + CHINA_MS) / DAY_MS);
    if (second !== this.second) this.bySecond.clear();
    if (day !== this.day) this.byDay.clear();
    this.second = second;
    this.day = day;
  }

  private over(counts: Map<string, number>, key: string, limit: number): boolean {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count > limit;
  }
}
