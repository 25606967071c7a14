import type { SimControl } from '@wxa/wechat-sim';
import type { WechatAudit } from '../history.js';

/** WeChat's numbers; a delayed audit (4) is still open. */
const STATES: Readonly<Record<number, WechatAudit['state']>> = {
  0: 'APPROVED',
  1: 'REJECTED',
  2: 'OPEN',
  3: 'WITHDRAWN',
  4: 'OPEN',
};

/** Every audit of these mini-programs that the simulator has. */
export async function wechatAudits(sim: SimControl, appids: readonly string[]): Promise<WechatAudit[]> {
  const all: WechatAudit[] = [];
  for (const appid of appids) {
    const { audits } = await sim.app(appid);
    all.push(
      ...audits.map(
        ({ auditId, status, decidedAt }) =>
          ({ appid, auditId, state: STATES[status] ?? 'OPEN', decidedAt }) as const,
      ),
    );
  }
  return all;
}
