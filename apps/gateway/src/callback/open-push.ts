import {
  type AuditPush,
  type ComponentPush,
  decryptMessage,
  parsePush,
  parseXml,
  verifySignature,
} from '@wxa/wxa-client';

const MAX_AGE_S = 5 * 60;
/** What an encrypted body of 1 MiB can hold; its event must fit a Kafka message of 1 MiB. */
const MAX_PUSH_BYTES = 800 * 1024;
/** Far above any ticket or code of WeChat's; in characters. */
const MAX_SECRET_LENGTH = 4096;
const APPID = /^wx[0-9a-f]{16}$/;
/** Takes linear time, whatever the text. */
const ENCRYPT = /<Encrypt>\s*(?:<!\[CDATA\[\s*)?([A-Za-z0-9+/=]+)(?:\s*\]\]>)?\s*<\/Encrypt>/;

/** What the platform agreed with WeChat about its callbacks. */
export interface CallbackSecrets {
  /** Whether plain XML is taken too. */
  plain: boolean;
  token?: string | undefined;
  /** The current key first. */
  encodingAesKeys: string[];
  componentAppid?: string | undefined;
}

/** One POST of WeChat's. */
export interface CallbackPost {
  /** From the URL; undefined on the URL of authorization events. */
  appid: string | undefined;
  query: Record<string, unknown>;
  body: string | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

/** Why a push was refused: for the metric, never for the sender. */
export type RefusalCause =
  | 'method'
  | 'body'
  | 'appid'
  | 'unsigned'
  | 'stale'
  | 'xml'
  | 'signature'
  | 'decryption'
  | 'receiver'
  | 'push';

export type OpenedPush =
  /** `signature`: null where it is plain. */
  | { kind: 'audit'; appid: string; push: AuditPush; signature: string | null }
  /** A ticket, or an authorization that was given or withdrawn. */
  | { kind: 'component'; push: ComponentPush }
  /** Genuine, but nothing this service acts on. */
  | { kind: 'other' }
  | { kind: 'refused'; cause: RefusalCause };

/** Opens and checks a push: age, signature, encryption, receiver, form. Never throws. */
export function openPush(post: CallbackPost, secrets: CallbackSecrets): OpenedPush {
  const fields = fieldsOf(post, secrets);
  if (typeof fields === 'string') return { kind: 'refused', cause: fields };
  const push = parsePush(fields);
  if (push === undefined) return { kind: 'refused', cause: 'push' };
  if ('componentAppid' in push) return componentPush(post, push, secrets);
  if (push.event === 'other') return { kind: 'other' };
  if (Buffer.byteLength(JSON.stringify(push)) > MAX_PUSH_BYTES) return { kind: 'refused', cause: 'body' };
  // An audit push does not say which mini-program it is for: only its URL does.
  const { appid, query } = post;
  if (appid === undefined) return { kind: 'refused', cause: 'appid' };
  const signature = typeof query.msg_signature === 'string' ? query.msg_signature : null;
  return { kind: 'audit', appid, push, signature };
}

/** What is for another platform, or about something that is no appid, must leave no trace. */
function componentPush({ appid }: CallbackPost, push: ComponentPush, secrets: CallbackSecrets): OpenedPush {
  if (appid !== undefined) return { kind: 'other' };
  if (push.componentAppid !== (secrets.componentAppid ?? push.componentAppid))
    return { kind: 'refused', cause: 'receiver' };
  return isWellFormed(push) ? { kind: 'component', push } : { kind: 'refused', cause: 'push' };
}

function isWellFormed(push: ComponentPush): boolean {
  if (push.event === 'component_verify_ticket') return push.ticket.length <= MAX_SECRET_LENGTH;
  if (!APPID.test(push.appid)) return false;
  return push.event === 'unauthorized' || push.authorizationCode.length <= MAX_SECRET_LENGTH;
}

function fieldsOf(post: CallbackPost, secrets: CallbackSecrets): Record<string, string> | RefusalCause {
  const { appid, query, body } = post;
  if (body === undefined) return 'body';
  if (appid !== undefined && !APPID.test(appid)) return 'appid';
  const encrypted = query.encrypt_type === 'aes' || query.msg_signature !== undefined;
  if (!encrypted && !secrets.plain) return 'unsigned';
  if ((encrypted || query.timestamp !== undefined) && isStale(query.timestamp, post.now)) return 'stale';
  return encrypted ? decryptedFields(post, body, secrets) : (parseXml(body) ?? 'xml');
}

function isStale(timestamp: unknown, now: number): boolean {
  if (typeof timestamp !== 'string' || !/^\d{1,11}$/.test(timestamp)) return true;
  return Math.abs(Number(timestamp) - Math.floor(now / 1000)) > MAX_AGE_S;
}

function decryptedFields(
  { appid, query }: CallbackPost,
  body: string,
  secrets: CallbackSecrets,
): Record<string, string> | RefusalCause {
  const { timestamp, nonce, msg_signature: signature } = query;
  // Reading a large XML takes hundreds of milliseconds: only who knows the token may ask for that.
  const encrypt = ENCRYPT.exec(body)?.[1];
  if (encrypt === undefined) return 'xml';
  if (secrets.token === undefined || typeof timestamp !== 'string') return 'unsigned';
  if (typeof nonce !== 'string' || typeof signature !== 'string') return 'unsigned';
  if (!verifySignature({ token: secrets.token, timestamp, nonce, encrypt, signature })) return 'signature';
  if (parseXml(body)?.Encrypt !== encrypt) return 'xml';
  const opened = decryptWithAny(secrets.encodingAesKeys, encrypt);
  if (opened === undefined) return 'decryption';
  return [secrets.componentAppid, appid].includes(opened.receiveId) ? opened.fields : 'receiver';
}

function decryptWithAny(keys: string[], encrypt: string) {
  for (const encodingAesKey of keys) {
    const opened = decryptMessage({ encodingAesKey, encrypt });
    if (opened === undefined) continue;
    // With another key the padding can look right by chance; then the inside is no XML.
    const fields = parseXml(opened.message);
    if (fields !== undefined) return { receiveId: opened.receiveId, fields };
  }
  return undefined;
}
