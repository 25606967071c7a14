import { isAppid } from '../appid.js';
import { isSecretName, plainName } from '../secret-names.js';
import { type CallbackNode, childrenOf, fieldsNamed, isNode, ownText, wholeText } from './callback-tree.js';

/** `MESSAGE`: a user wrote; `EVENT`: something happened; `AUTHORIZATION`: it came for the platform and has an InfoType. */
export type CallbackKind = 'MESSAGE' | 'EVENT' | 'AUTHORIZATION';

/** An element whose name is repeated in a callback, or that contains elements. */
export interface CallbackElement {
  name: string;
  text: string;
  elements: CallbackElement[];
}

/** A callback as its consumers get it: every text unchanged, besides those of secrets. */
export interface CallbackEvent {
  kind: CallbackKind;
  /** Event, InfoType or MsgType. */
  name: string;
  /** The mini-program that the body names; undefined if it names none, as messages and events do. */
  appid: string | undefined;
  originalId: string;
  fromUser: string;
  messageId: string;
  createdAt: Date | undefined;
  /** Children with nothing but text: the first of each name. */
  fields: Record<string, string>;
  /** All children of each name that is repeated or has elements in it, or is `__proto__`. */
  elements: CallbackElement[];
  /** The names whose texts were removed because they are secret. */
  removed: string[];
  /** Whether it was too large, so that elements and long fields are missing. */
  isTruncated: boolean;
}

/** Deeper elements are part of the text of the last. */
const maxLevel = 32;
/** Of the event in JSON. */
const maxBytes = 800 * 1024;
/** Shorter fields are not left out for a long one. In bytes of UTF-8. */
const longBytes = 1024;
/** Of what is also a field, and of the removed names of an event that is too large; far above WeChat's. */
const maxIdLength = 1024;
const maxRemoved = 100;

/** The pre-auth code of a callback is used up, and says by which link somebody authorized; a ticket is a secret of callbacks alone. */
const isSecret = (name: string): boolean => {
  const plain = plainName(name);
  return plain !== 'preauthcode' && (isSecretName(name) || plain.endsWith('verifyticket'));
};

/** What is published of an event without its content. */
const envelope = ['ToUserName', 'FromUserName', 'CreateTime', 'MsgType', 'Event', 'MsgId'] as const;
const appids = ['AuthorizerAppid', 'authorizer_appid', 'appid'] as const;

/** The mini-program that a callback names; undefined if it names none. */
export const appidIn = (root: CallbackNode): string | undefined => appidOf(fieldsNamed(root, appids));

/** The kind and the name of a callback. */
export const whatOf = (root: CallbackNode): Pick<CallbackEvent, 'kind' | 'name'> =>
  kindOf(fieldsNamed(root, ['Event', 'InfoType', 'MsgType']));

/**
 * Maps a callback.
 * @param isWithoutContent of its name: whether nothing is kept but who wrote when to whom.
 */
export function toCallbackEvent(
  root: CallbackNode,
  isWithoutContent: (name: string) => boolean = () => false,
): CallbackEvent {
  const known = fieldsNamed(root, [...envelope, ...appids, 'InfoType']);
  const what = kindOf(known);
  const removed = new Set<string>();
  const content = isWithoutContent(what.name)
    ? { fields: fieldsNamed(root, envelope) as Record<string, string>, elements: [] }
    : contentOf(root, removed);
  const event = {
    ...what,
    appid: appidOf(known),
    originalId: id(known.ToUserName),
    fromUser: id(known.FromUserName),
    messageId: id(known.MsgId),
    createdAt: /^\d{1,11}$/.test(known.CreateTime ?? '')
      ? new Date(Number(known.CreateTime) * 1000)
      : undefined,
    ...content,
    removed: [...removed],
    isTruncated: false,
  };
  return bytesOf(event) > maxBytes ? truncated(event) : event;
}

type Known = Partial<Record<(typeof envelope | typeof appids)[number] | 'InfoType', string>>;

function kindOf({ Event, InfoType, MsgType }: Known): Pick<CallbackEvent, 'kind' | 'name'> {
  if (InfoType) return { kind: 'AUTHORIZATION', name: id(InfoType) };
  if (Event || MsgType === 'event') return { kind: 'EVENT', name: id(Event || MsgType) };
  return { kind: 'MESSAGE', name: id(MsgType) };
}

const appidOf = ({ AuthorizerAppid, authorizer_appid, appid }: Known): string | undefined =>
  [AuthorizerAppid, authorizer_appid, appid].find(isAppid);
const id = (text = ''): string => text.slice(0, maxIdLength);

function contentOf(root: CallbackNode, removed: Set<string>): Pick<CallbackEvent, 'fields' | 'elements'> {
  const children = childrenOf(root);
  const seen = new Set<string>();
  const listed = new Set<string>();
  const fields = new Map<string, string>();
  for (const child of children) {
    const { name } = child;
    // No object of a generated codec can have `__proto__` among its fields.
    if (seen.has(name) || isNested(child) || name === '__proto__') listed.add(name);
    seen.add(name);
    if (!isNested(child) && !fields.has(name)) fields.set(name, toElement(child, maxLevel, removed).text);
  }
  const elements = children.filter(({ name }) => listed.has(name));
  return {
    fields: Object.fromEntries(fields),
    elements: elements.map((child) => toElement(child, 1, removed)),
  };
}

const isNested = ({ parts }: CallbackNode): boolean => parts.some(isNode);

function toElement(node: CallbackNode, level: number, removed: Set<string>): CallbackElement {
  const { name } = node;
  if (isLeftOut(node, removed)) return { name, text: '', elements: [] };
  if (level === maxLevel)
    return { name, text: wholeText(node, (inner) => isLeftOut(inner, removed)), elements: [] };
  const elements = childrenOf(node).map((child) => toElement(child, level + 1, removed));
  return { name, text: ownText(node), elements };
}

/** Whether an element is secret, with all that is in it; notes its name if there is anything. */
function isLeftOut(node: CallbackNode, removed: Set<string>): boolean {
  if (!isSecret(node.name)) return false;
  if (node.parts.some((part) => isNode(part) || part.text !== '')) removed.add(node.name);
  return true;
}

const bytesOf = (part: object): number => Buffer.byteLength(JSON.stringify(part));

/** Leaves out all elements, then the longest fields as far as it must. */
function truncated(event: CallbackEvent): CallbackEvent {
  const removed = event.removed.filter((name) => name.length <= maxIdLength).slice(0, maxRemoved);
  const rest = { ...event, removed, elements: [], isTruncated: true };
  const length = ([, text]: [string, string]) => Buffer.byteLength(text);
  const fields = Object.entries(event.fields);
  const long = fields.filter((field) => length(field) > longBytes).sort((a, b) => length(b) - length(a));
  const dropped = new Set<string>();
  let bytes = bytesOf(rest);
  for (const [name, text] of long) {
    if (bytes <= maxBytes) break;
    dropped.add(name);
    bytes -= bytesOf({ [name]: text });
  }
  let kept = dropped.size === 0 ? fields : fields.filter(([name]) => !dropped.has(name));
  // Nothing of WeChat's has so many short fields.
  while (bytes > maxBytes) {
    kept = kept.slice(0, Math.floor((0.9 * kept.length * maxBytes) / bytes));
    bytes = bytesOf({ ...rest, fields: Object.fromEntries(kept) });
  }
  return { ...rest, fields: Object.fromEntries(kept) };
}
