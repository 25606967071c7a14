import { type MiniProgram, seconds } from '../model/mini-program.js';

/** The events of section 6, and the newer one for a delay. */
export type PushEvent = 'weapp_audit_success' | 'weapp_audit_fail' | 'weapp_audit_delay';

const TIME_FIELD: Readonly<Record<string, string>> = {
  weapp_audit_success: 'SuccTime',
  weapp_audit_fail: 'FailTime',
  weapp_audit_delay: 'DelayTime',
};

/** The account that sends audit results in WeChat's examples. */
const SYSTEM_ACCOUNT = 'od1P50M-fNQI5Gcq-trm4a7apsU8';

/** An object becomes an element with elements, a list repeats its element. */
export type PushFields = { [name: string]: PushValue };
type PushValue = string | number | PushFields | PushValue[];

/** What users write to a mini-program. */
const MESSAGES = ['text', 'image', 'miniprogrampage'];

/** The XML of one callback; `fields` adds or replaces elements. Numbers are written plainly, text as CDATA. */
export function pushXml(app: MiniProgram, event: string, now: number, fields: PushFields = {}): string {
  return `<xml>\n${Object.entries(pushFields(app, event, now, fields))
    .map(element)
    .join('')}</xml>`;
}

/** The elements of one callback: of a message, or of an event. */
export function pushFields(
  app: MiniProgram,
  event: string,
  now: number,
  fields: PushFields = {},
): PushFields {
  const at = seconds(now);
  const { Reason, ...others } = fields;
  const timeField = TIME_FIELD[event];
  return {
    ToUserName: app.originalId,
    FromUserName: SYSTEM_ACCOUNT,
    CreateTime: at,
    ...(MESSAGES.includes(event) ? { MsgType: event } : { MsgType: 'event', Event: event }),
    ...(Reason !== undefined && { Reason }),
    ...(timeField && { [timeField]: at }),
    ...others,
  };
}

/** The XML of a callback to the URL of authorization events, which names the platform instead of an account. */
export function infoXml(componentAppid: string, infoType: string, now: number, fields: PushFields): string {
  const all: PushFields = { AppId: componentAppid, CreateTime: seconds(now), InfoType: infoType, ...fields };
  return `<xml>\n${Object.entries(all).map(element).join('')}</xml>`;
}

function element([name, value]: [string, PushValue]): string {
  if (Array.isArray(value)) return value.map((each) => element([name, each])).join('');
  return `    <${name}>${contentOf(value)}</${name}>\n`;
}

function contentOf(value: Exclude<PushValue, PushValue[]>): string | number {
  if (typeof value === 'object') return `\n${Object.entries(value).map(element).join('')}`;
  return typeof value === 'number' ? value : cdata(value);
}

/** A CDATA section cannot contain its own end, so it is split there. */
export function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}
