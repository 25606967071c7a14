/** The outcome, or the delay, of an audit as WeChat pushes it. It carries neither appid nor auditid. */
export interface AuditPush {
  event: 'weapp_audit_success' | 'weapp_audit_fail' | 'weapp_audit_delay';
  /** The mini-program's original id, `gh_…`. */
  originalId: string;
  createdAt: Date;
  decidedAt: Date;
  /** WeChat's raw text, numbering and `<br>` included; empty where none was given. See `parseReasons`. */
  reason: string;
  /** Media ids of the screenshots that go with the reason. */
  screenshots: string[];
}

/** The ticket that a component token is asked for with; one comes every 10 minutes and is valid for 12 hours. */
export interface TicketPush {
  event: 'component_verify_ticket';
  componentAppid: string;
  createdAt: Date;
  /** Secret. */
  ticket: string;
}

/** A mini-program authorized the platform, or authorized it anew with other permission sets. */
export interface AuthorizedPush {
  event: 'authorized' | 'updateauthorized';
  componentAppid: string;
  /** Who authorized. */
  appid: string;
  createdAt: Date;
  /** For `queryAuth`, once. Secret. */
  authorizationCode: string;
  /** Undefined where WeChat gives no time that can be read. */
  codeExpiresAt: Date | undefined;
  /** Of the link it was done through; empty where it was none of ours. */
  preAuthCode: string;
}

/** A mini-program withdrew its authorization: its tokens no longer hold. */
export interface UnauthorizedPush {
  event: 'unauthorized';
  componentAppid: string;
  appid: string;
  createdAt: Date;
}

/** A push to the URL of authorization events. It says whom it is for, by the appid of the platform. */
export type ComponentPush = TicketPush | AuthorizedPush | UnauthorizedPush;

/** Any other message, event or authorization push, by its `Event`, `InfoType` or `MsgType`. */
export interface OtherPush {
  event: 'other';
  name: string;
}

const decidedField: Record<AuditPush['event'], string> = {
  weapp_audit_success: 'SuccTime',
  weapp_audit_fail: 'FailTime',
  weapp_audit_delay: 'DelayTime',
};

/**
 * What a push, parsed by `parseXml`, says. Undefined where nothing tells what it is, and where one that is known
 * lacks an id, a code, or a time that can be read. The time of an audit's decision falls back to CreateTime.
 */
export function parsePush(fields: Record<string, string>): AuditPush | ComponentPush | OtherPush | undefined {
  const name = fields.Event || fields.InfoType || fields.MsgType;
  if (!name) return undefined;
  if (isAuditEvent(name)) return parseAudit(name, fields);
  return isComponentEvent(name) ? parseComponent(name, fields) : { event: 'other', name };
}

function isAuditEvent(name: string): name is AuditPush['event'] {
  return Object.hasOwn(decidedField, name);
}

function parseAudit(event: AuditPush['event'], fields: Record<string, string>): AuditPush | undefined {
  const createdAt = instant(fields.CreateTime);
  const decidedAt = instant(fields[decidedField[event]] || fields.CreateTime);
  const originalId = fields.ToUserName;
  if (!originalId || !createdAt || !decidedAt) return undefined;
  // WeChat's table says `screenshot`, its examples `ScreenShot`.
  const screenshots = (fields.ScreenShot || fields.screenshot || '').split('|').filter(Boolean);
  return { event, originalId, createdAt, decidedAt, reason: fields.Reason ?? '', screenshots };
}

const componentEvents: readonly string[] = [
  'component_verify_ticket',
  'authorized',
  'updateauthorized',
  'unauthorized',
] satisfies ComponentPush['event'][];

function isComponentEvent(name: string): name is ComponentPush['event'] {
  return componentEvents.includes(name);
}

function parseComponent(
  event: ComponentPush['event'],
  fields: Record<string, string>,
): ComponentPush | undefined {
  const { AppId: componentAppid, AuthorizerAppid: appid } = fields;
  const createdAt = instant(fields.CreateTime);
  if (!componentAppid || !createdAt) return undefined;
  if (event === 'component_verify_ticket') {
    const ticket = fields.ComponentVerifyTicket;
    return ticket ? { event, componentAppid, createdAt, ticket } : undefined;
  }
  if (!appid) return undefined;
  if (event === 'unauthorized') return { event, componentAppid, appid, createdAt };
  const { AuthorizationCode: authorizationCode, PreAuthCode: preAuthCode = '' } = fields;
  const codeExpiresAt = instant(fields.AuthorizationCodeExpiredTime);
  return authorizationCode
    ? { event, componentAppid, appid, createdAt, authorizationCode, codeExpiresAt, preAuthCode }
    : undefined;
}

/** Unix seconds, 1 to 11 digits (until the year 5138). */
function instant(seconds: string | undefined): Date | undefined {
  return seconds && /^\d{1,11}$/.test(seconds) ? new Date(Number(seconds) * 1000) : undefined;
}
