import { randomUUID } from 'node:crypto';
import { encryptMessage, sign } from '@wxa/wxa-client';
import { COMPONENT_SETTINGS } from './component-settings.js';

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
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomUUID()];
  const signature = sign(token, timestamp, nonce, encrypt);
  const isJson = message.startsWith('{');
  return {
    query: `?timestamp=${timestamp}&nonce=${nonce}&encrypt_type=aes&msg_signature=${signature}`,
    body: isJson
      ? JSON.stringify({ Encrypt: encrypt })
      : `<xml><Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>`,
  };
}
