import { randomUUID } from 'node:crypto';
import { encryptMessage, sign } from '@wxa/wxa-client';
import { COMPONENT_SETTINGS } from './component-settings.js';

export const now = () => Math.floor(Date.now() / 1000);

/** What WeChat sends: a text of a user, an event of a mini-program, and an event of the platform. */
export const textMessage = (id: string, content = 'hello') =>
  `<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>${now()}</CreateTime>
  <MsgType>text</MsgType><Content><![CDATA[${content}]]></Content><MsgId>${id}</MsgId></xml>`;
export const event = (name: string, more = '') =>
  `<xml><ToUserName>gh_1</ToUserName><CreateTime>${now()}</CreateTime><MsgType>event</MsgType><Event>${name}</Event>${more}</xml>`;
export const info = (type: string, more = '', at = now()) =>
  `<xml><AppId>${COMPONENT_SETTINGS.WECHAT_COMPONENT_APPID}</AppId><CreateTime>${at}</CreateTime><InfoType>${type}</InfoType>${more}</xml>`;

/** Sends callbacks to a gateway, encrypted or as they are; each answer is its status and its text. */
export function callbacksTo(to: { http: string }) {
  const post = async (path: string, body: string): Promise<string> => {
    const response = await fetch(`${to.http}/wechat/callback${path}`, { method: 'POST', body });
    return `${response.status} ${await response.text()}`;
  };
  /** To the URL of a mini-program, or with an empty appid to that of the platform. */
  const push = (appid: string, message: string, given?: Parameters<typeof encryptedCallback>[1]) => {
    const { query, body } = encryptedCallback(message, given);
    return post(`${appid && `/${appid}`}${query}`, body);
  };
  return { post, push };
}

/** The query and the body with which WeChat sends a message now, by default with the secrets of COMPONENT_SETTINGS. */
export function encryptedCallback(
  message: string,
  {
    key = COMPONENT_SETTINGS.WECHAT_ENCODING_AES_KEY,
    receiver = COMPONENT_SETTINGS.WECHAT_COMPONENT_APPID,
    token = COMPONENT_SETTINGS.WECHAT_CALLBACK_TOKEN,
  } = {},
): { query: string; body: string } {
  const encrypt = encryptMessage({ encodingAesKey: key, message, receiveId: receiver });
  const [timestamp, nonce] = [String(now()), randomUUID()];
  const signature = sign(token, timestamp, nonce, encrypt);
  const isJson = message.startsWith('{');
  return {
    query: `?timestamp=${timestamp}&nonce=${nonce}&encrypt_type=aes&msg_signature=${signature}`,
    body: isJson
      ? JSON.stringify({ Encrypt: encrypt })
      : `<xml><Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>`,
  };
}
