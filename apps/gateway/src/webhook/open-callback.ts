import {
  type AuditPush,
  type CallbackNode,
  type ChangePush,
  type ComponentPush,
  decryptMessage,
  flatFields,
  isAppid,
  parseCallbackTree,
  parsePush,
  parseXml,
  verifySignature,
} from '@wxa/wxa-client';

const MAX_AGE_S = 5 * 60;
/** A callback that says another time by more than this may be an old one. */
const REDATED_S = 60 * 60;
/** An encrypted body of 1 MiB can contain this much, and the event still fits a Kafka message of 1 MiB. */
const MAX_PUSH_BYTES = 800 * 1024;
/** In characters; far above the length of WeChat's tickets and codes. */
const MAX_SECRET_LENGTH = 4096;
/** Runs in linear time on any input. */
const ENCRYPT = /<Encrypt>\s*(?:<!\[CDATA\[\s*)?([A-Za-z0-9+/=]+)(?:\s*\]\]>)?\s*<\/Encrypt>/;

/** The callback secrets configured at WeChat. */
export interface CallbackSecrets {
  /** Whether unencrypted XML is accepted too. */
  plain: boolean;
  /** The current token, then the previous one. */
  tokens: string[];
  /** The current key, then the previous one. */
  encodingAesKeys: string[];
  componentAppid?: string | undefined;
}

/** One POST request of WeChat. */
export interface CallbackPost {
  /** From the URL; undefined for the URL of authorization events. */
  appid: string | undefined;
  query: Record<string, unknown>;
  body: string | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

/** Why a callback was rejected. It is a metric label, and never disclosed to the sender. */
export type RejectionCause =
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

/** A previous secret by which a callback was accepted. It is a metric label. */
export type PreviousCredential = 'token' | 'aes_key';

type Push =
  | { kind: 'audit'; appid: string; push: AuditPush }
  /** A ticket, or an authorization that was granted, changed or withdrawn. */
  | { kind: 'component'; push: ComponentPush }
  /** Something of a mini-program is to be read again. */
  | { kind: 'change'; appid: string; push: ChangePush }
  /** Genuine, but not handled by this service. */
  | { kind: 'other' };

/** The content of a callback. `signature` is null if it is not encrypted. */
export interface Content {
  text: string;
  root: CallbackNode;
  signature: string | null;
}

export type GenuinePush = Push & Content;
export type OpenedPush = GenuinePush | Rejected;
interface Rejected {
  kind: 'rejected';
  cause: RejectionCause;
}

/**
 * Verifies and parses a callback: age, signature, encryption, receiver, content. Never throws.
 * @param onPrevious called for each previous secret that the callback was accepted by.
 */
export function openPush(
  post: CallbackPost,
  secrets: CallbackSecrets,
  onPrevious: (kind: PreviousCredential) => void = () => undefined,
): OpenedPush {
  const previous: PreviousCredential[] = [];
  const opened = open(post, secrets, (kind) => previous.push(kind));
  if (opened.kind !== 'rejected') previous.forEach(onPrevious);
  return opened;
}

type OnPrevious = (kind: PreviousCredential) => void;

function open(post: CallbackPost, secrets: CallbackSecrets, onPrevious: OnPrevious): OpenedPush {
  const content = contentOf(post, secrets, onPrevious);
  if (typeof content === 'string') return { kind: 'rejected', cause: content };
  const fields = flatFields(content.root);
  if (isRedated(post.query, Number(fields.CreateTime))) return { kind: 'rejected', cause: 'stale' };
  const push = pushOf(post, fields, secrets);
  return push.kind === 'rejected' ? push : { ...push, ...content };
}

/**
 * Whether an old callback spells a new time. WeChat signs the sorted texts with nothing between them, so that a nonce of digits can take
 * the place of the timestamp; the time at which the callback was made is then still among their digits.
 */
function isRedated({ timestamp, nonce }: Record<string, unknown>, createTime: number): boolean {
  if (!(Math.abs(Number(timestamp) - createTime) > REDATED_S)) return false;
  const signed = [String(timestamp), String(nonce)].sort().join('');
  for (const [, digits] of signed.matchAll(/(?=(\d{10}))/g))
    if (Math.abs(Number(digits) - createTime) <= REDATED_S) return true;
  return false;
}

function pushOf(
  post: CallbackPost,
  fields: Record<string, string>,
  secrets: CallbackSecrets,
): Push | Rejected {
  const push = parsePush(fields);
  if (push === undefined) return { kind: 'rejected', cause: 'push' };
  if ('componentAppid' in push) return componentPush(post, push, secrets);
  if (push.event === 'other') return { kind: 'other' };
  if (!('decidedAt' in push)) return changePush(post, push);
  if (Buffer.byteLength(JSON.stringify(push)) > MAX_PUSH_BYTES) return { kind: 'rejected', cause: 'body' };
  // An audit callback does not contain the appid of its mini-program; only its URL does.
  const { appid } = post;
  return appid === undefined ? { kind: 'rejected', cause: 'appid' } : { kind: 'audit', appid, push };
}

/** Callbacks for another platform or with an invalid appid must not be stored. */
function componentPush(
  { appid }: CallbackPost,
  push: ComponentPush,
  secrets: CallbackSecrets,
): Push | Rejected {
  if (appid !== undefined) return { kind: 'other' };
  if (push.componentAppid !== (secrets.componentAppid ?? push.componentAppid))
    return { kind: 'rejected', cause: 'receiver' };
  return isWellFormed(push) ? { kind: 'component', push } : { kind: 'rejected', cause: 'push' };
}

/** Which mini-program has changed is in the URL, or in the event if that is the URL of authorization events. */
function changePush({ appid: given }: CallbackPost, push: ChangePush): Push | Rejected {
  const appid = given ?? push.appid;
  return isAppid(appid) ? { kind: 'change', appid, push } : { kind: 'rejected', cause: 'push' };
}

function isWellFormed(push: ComponentPush): boolean {
  if (push.event === 'component_verify_ticket') return push.ticket.length <= MAX_SECRET_LENGTH;
  if (!isAppid(push.appid)) return false;
  return push.event === 'unauthorized' || push.authorizationCode.length <= MAX_SECRET_LENGTH;
}

function contentOf(
  post: CallbackPost,
  secrets: CallbackSecrets,
  onPrevious: OnPrevious,
): Content | RejectionCause {
  const { appid, query, body } = post;
  if (body === undefined) return 'body';
  if (appid !== undefined && !isAppid(appid)) return 'appid';
  const encrypted = query.encrypt_type === 'aes' || query.msg_signature !== undefined;
  if (!encrypted && !secrets.plain) return 'unsigned';
  if ((encrypted || query.timestamp !== undefined) && isStale(query.timestamp, post.now)) return 'stale';
  if (encrypted) return decrypted(post, body, secrets, onPrevious);
  const root = parseCallbackTree(body);
  return root === undefined ? 'xml' : { text: body, root, signature: null };
}

function isStale(timestamp: unknown, now: number): boolean {
  if (typeof timestamp !== 'string' || !/^\d{10}$/.test(timestamp)) return true;
  return Math.abs(Number(timestamp) - Math.floor(now / 1000)) > MAX_AGE_S;
}

function decrypted(
  { appid, query }: CallbackPost,
  body: string,
  secrets: CallbackSecrets,
  onPrevious: OnPrevious,
): Content | RejectionCause {
  const { timestamp, nonce, msg_signature: signature } = query;
  // Parsing large XML takes time, therefore the signature is verified first.
  const isJson = body.startsWith('{');
  const encrypt = isJson ? encryptOf(body) : ENCRYPT.exec(body)?.[1];
  if (encrypt === undefined) return 'xml';
  if (secrets.tokens.length === 0 || typeof timestamp !== 'string') return 'unsigned';
  if (typeof nonce !== 'string' || typeof signature !== 'string') return 'unsigned';
  const token = secrets.tokens.findIndex((one) =>
    verifySignature({ token: one, timestamp, nonce, encrypt, signature }),
  );
  if (token < 0) return 'signature';
  if (token > 0) onPrevious('token');
  if (!isJson && parseXml(body)?.Encrypt !== encrypt) return 'xml';
  const opened = decryptWithAny(secrets.encodingAesKeys, encrypt);
  if (opened === undefined) return 'decryption';
  if (opened.key > 0) onPrevious('aes_key');
  const { receiveId, text, root } = opened;
  return [secrets.componentAppid, appid].includes(receiveId) ? { text, root, signature } : 'receiver';
}

/** Of a JSON envelope, in which WeChat sends callbacks of channel shops. */
function encryptOf(body: string): string | undefined {
  try {
    const { Encrypt: encrypt } = JSON.parse(body) as { Encrypt?: unknown };
    return typeof encrypt === 'string' && encrypt !== '' ? encrypt : undefined;
  } catch {
    return undefined;
  }
}

function decryptWithAny(
  keys: string[],
  encrypt: string,
): { key: number; receiveId: string; text: string; root: CallbackNode } | undefined {
  for (const [key, encodingAesKey] of keys.entries()) {
    const opened = decryptMessage({ encodingAesKey, encrypt });
    if (opened === undefined) continue;
    // With a wrong key the padding can be valid by chance; the content is not XML then.
    const root = parseCallbackTree(opened.message);
    if (root !== undefined) return { key, receiveId: opened.receiveId, text: opened.message, root };
  }
  return undefined;
}
