import { createHash } from 'node:crypto';
import type { ApiDefinition, Call } from '../model/api.js';
import type { MiniProgram } from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';

const MAX_TESTERS = 100;
const WECHAT_ID = /^[A-Za-z][\w-]{5,19}$/;

/** WeChat's number of a mini-program that is not filed, and the bits of what it lacks. */
export const NOT_FILED = 1024;
const LACKS = { profile: 1, category: 2, verification: 4 } as const;

export const ACCOUNT_APIS: readonly ApiDefinition[] = [
  { name: 'wxa/icp/get_icp_entrance_info', verb: 'GET', kind: 'query', run: getFiling },
  { name: 'wxa/bind_tester', verb: 'POST', kind: 'change', run: bindTester },
  { name: 'wxa/unbind_tester', verb: 'POST', kind: 'change', run: unbindTester },
  { name: 'wxa/memberauth', verb: 'POST', kind: 'query', run: listTesters },
];

/** GET wxa/icp/get_icp_entrance_info. */
function getFiling(app: MiniProgram): Outcome {
  const { status, is_canceling, audit_data } = app.setup.filing;
  const info = {
    status: status === NOT_FILED ? status + lacks(app) : status,
    is_canceling,
    available: 1,
    ...(audit_data.length > 0 && { audit_data }),
  };
  return done({ fields: { info } });
}

function lacks({ notInitialized, categories, setup }: MiniProgram): number {
  return (
    (notInitialized ? LACKS.profile : 0) +
    (categories.length === 0 ? LACKS.category : 0) +
    (setup.isVerified ? 0 : LACKS.verification)
  );
}

/** POST wxa/bind_tester: 85001 for what is no WeChat id, 85002 for too many testers, 85004 for one who already is. */
function bindTester({ appid, setup }: MiniProgram, { body: { wechatid } }: Call): Outcome {
  if (typeof wechatid !== 'string' || !WECHAT_ID.test(wechatid)) return reject(85001);
  if (setup.testers.some((one) => one.wechatid === wechatid)) return reject(85004);
  if (setup.testers.length >= MAX_TESTERS) return reject(85002);
  const userstr = createHash('sha256').update(`${appid} ${wechatid}`).digest('hex');
  setup.testers.push({ wechatid, userstr });
  return done({ fields: { userstr }, effect: `bind_tester ${userstr.slice(0, 8)}` });
}

/** POST wxa/unbind_tester: 85001 for a user who is no tester. */
function unbindTester({ setup }: MiniProgram, { body: { wechatid, userstr } }: Call): Outcome {
  const at = setup.testers.findIndex((one) => one.wechatid === wechatid || one.userstr === userstr);
  const [removed] = at < 0 ? [] : setup.testers.splice(at, 1);
  return removed ? done({ effect: `unbind_tester ${removed.userstr.slice(0, 8)}` }) : reject(85001);
}

/** POST wxa/memberauth: WeChat returns no names. */
function listTesters({ setup }: MiniProgram, { body }: Call): Outcome {
  if (body.action !== 'get_experiencer') return reject(40097);
  return done({ fields: { members: setup.testers.map(({ userstr }) => ({ userstr })) } });
}
