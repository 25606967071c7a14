import { randomBytes } from 'node:crypto';
import { encryptMessage, sign } from '@wxa/wxa-client';
import { v7 as uuidv7 } from 'uuid';
import { appidOf } from '../appids.js';
import type { Sql } from '../bounds/sql.js';

/** What WeChat and the platform agreed on. */
export const AGREED = {
  WECHAT_CALLBACK_TOKEN: 'bench-token',
  WECHAT_ENCODING_AES_KEY: randomBytes(32).toString('base64').slice(0, 43),
  WECHAT_COMPONENT_APPID: 'wxc0de000000000000',
};

/** A push about one audit of one mini-program, as it goes over the wire. */
export interface SealedPush {
  /** The SubmitAudit that the audit began with. */
  operationId: string;
  request: Buffer;
}

const SUBMITTED_AGO_MS = 600_000;

/** Opens an audit for each of so many mini-programs, and makes the push that says it is approved. */
export async function openAudits(sql: Sql, count: number): Promise<SealedPush[]> {
  const audits = Array.from({ length: count }, (_, n) => ({ operationId: uuidv7(), appid: appidOf(n) }));
  await sql(
    `insert into audits (operation_id, appid, audit_id, user_version, submitted_at)
     select id, appid, n, '1.0', $3 from unnest($1::uuid[], $2::text[]) with ordinality as a(id, appid, n)`,
    [
      audits.map(({ operationId }) => operationId),
      audits.map(({ appid }) => appid),
      new Date(Date.now() - SUBMITTED_AGO_MS),
    ],
  );
  await sql('analyze audits');
  return audits.map(({ operationId, appid }) => ({ operationId, request: requestOf(appid) }));
}

function requestOf(appid: string): Buffer {
  const seconds = String(Math.floor(Date.now() / 1000));
  const message =
    `<xml><ToUserName><![CDATA[gh_${appid.slice(-12)}]]></ToUserName><FromUserName><![CDATA[o]]></FromUserName>` +
    `<CreateTime>${seconds}</CreateTime><MsgType><![CDATA[event]]></MsgType>` +
    `<Event><![CDATA[weapp_audit_success]]></Event><SuccTime>${seconds}</SuccTime></xml>`;
  const encodingAesKey = AGREED.WECHAT_ENCODING_AES_KEY;
  const encrypt = encryptMessage({ encodingAesKey, message, receiveId: AGREED.WECHAT_COMPONENT_APPID });
  const nonce = randomBytes(5).toString('hex');
  const signature = sign(AGREED.WECHAT_CALLBACK_TOKEN, seconds, nonce, encrypt);
  const query = `timestamp=${seconds}&nonce=${nonce}&encrypt_type=aes&msg_signature=${signature}`;
  const body = `<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>`;
  const head = [
    `POST /wechat/callback/${appid}?${query} HTTP/1.1`,
    'host: bench',
    'content-type: text/xml',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}
