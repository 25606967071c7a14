import type { ApiDefinition, Call } from '../model/api.js';
import type { MiniProgram } from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';

/**
 * APIs beside code management, for calls that a policy lists: two that change nothing, two that set a value, and two that must not be
 * repeated. Their fields are from clients; WeChat's pages were not read. And the customer-service API, by which a message is answered later.
 */
export const NEIGHBOUR_APIS: readonly ApiDefinition[] = [
  { name: 'wxa/getillegalrecords', verb: 'POST', kind: 'query', run: illegalRecords },
  { name: 'wxa/getshowwxaitem', verb: 'GET', kind: 'query', run: shownItem },
  { name: 'wxa/updateshowwxaitem', verb: 'POST', kind: 'change', run: showItem },
  { name: 'wxa/changewxasearchstatus', verb: 'POST', kind: 'change', run: changeSearchStatus },
  { name: 'wxa/setnickname', verb: 'POST', kind: 'change', run: setNickname },
  {
    name: 'cgi-bin/component/fastregisterweapp',
    verb: 'POST',
    kind: 'change',
    token: 'component',
    run: register,
  },
  { name: 'cgi-bin/message/custom/send', verb: 'POST', kind: 'change', run: sendMessage },
];

/** POST wxa/getillegalrecords; `session_key` is not WeChat's: it is a secret that a caller must not get. */
function illegalRecords(_app: MiniProgram, { body, query }: Call): Outcome {
  const id = 9_007_199_254_740_993n;
  const records = [{ illegal_record_id: id, illegal_reason: '滥用模板消息', session_key: 'sim-secret' }];
  return done({ fields: { records, start_time: body.start_time ?? null, page: query.get('page') } });
}

/** GET wxa/getshowwxaitem. */
function shownItem({ neighbours }: MiniProgram): Outcome {
  return done({ fields: { is_open: neighbours.shownAppid === '' ? 0 : 1, appid: neighbours.shownAppid } });
}

/** POST wxa/updateshowwxaitem: sets which official account is shown. */
function showItem({ neighbours }: MiniProgram, { body: { appid } }: Call): Outcome {
  if (typeof appid !== 'string') return reject(40097);
  neighbours.shownAppid = appid;
  return done({ effect: `show ${appid}` });
}

/** POST wxa/changewxasearchstatus: 1 cannot be found by search, 0 can. */
function changeSearchStatus({ neighbours }: MiniProgram, { body: { status } }: Call): Outcome {
  if (status !== 0 && status !== 1) return reject(40097);
  neighbours.searchStatus = status;
  return done({ effect: `search status ${status}` });
}

/** POST wxa/setnickname: each call begins a review. */
function setNickname({ neighbours }: MiniProgram, { body: { nick_name } }: Call): Outcome {
  if (typeof nick_name !== 'string') return reject(40097);
  neighbours.nicknames.push(nick_name);
  return done({
    fields: { wording: '', audit_id: neighbours.nicknames.length },
    effect: `nickname ${nick_name}`,
  });
}

/** POST cgi-bin/message/custom/send: a text for a user. */
function sendMessage({ neighbours }: MiniProgram, { body: { text } }: Call): Outcome {
  const { content } = (text ?? {}) as { content?: unknown };
  if (typeof content !== 'string') return reject(40097);
  neighbours.messages.push(content);
  return done({ effect: `message ${content}` });
}

/** POST cgi-bin/component/fastregisterweapp?action=create: each call sends the owner a message. */
function register(_app: MiniProgram, { query, body: { name } }: Call): Outcome {
  if (query.get('action') !== 'create' || typeof name !== 'string') return reject(40097);
  return done({ effect: `register ${name}` });
}
