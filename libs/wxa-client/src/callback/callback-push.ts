/** The callback about the decision or the delay of an audit. It has neither appid nor auditid. */
export interface AuditPush {
  event: 'weapp_audit_success' | 'weapp_audit_fail' | 'weapp_audit_delay';
  /** The mini-program's original id, `gh_…`. */
  originalId: string;
  createdAt: Date;
  decidedAt: Date;
  /** WeChat's raw text, including numbering and `<br>`; may be empty. See `parseReasons`. */
  reason: string;
  /** Media ids of the screenshots that go with the reason. */
  screenshots: string[];
}

/** The ticket for component tokens; WeChat sends one every 10 minutes, valid for 12 hours. */
export interface TicketPush {
  event: 'component_verify_ticket';
  componentAppid: string;
  createdAt: Date;
  /** The ticket is secret. */
  ticket: string;
}

/** A mini-program authorized the platform, changed the permission sets of its authorization, or was registered by the platform. */
export interface AuthorizedPush {
  event: 'authorized' | 'updateauthorized' | 'notify_third_fasteregister';
  componentAppid: string;
  appid: string;
  createdAt: Date;
  /** The code is secret and valid for one `queryAuth`. */
  authorizationCode: string;
  /** Undefined if WeChat sends no valid time. */
  codeExpiresAt: Date | undefined;
  /** The code of the authorization link; it is empty if the link was none of ours. */
  preAuthCode: string;
}

/** A mini-program withdrew its authorization; its tokens are invalid. */
export interface UnauthorizedPush {
  event: 'unauthorized';
  componentAppid: string;
  appid: string;
  createdAt: Date;
}

/** A callback to the URL of authorization events; it names its platform by appid. */
export type ComponentPush = TicketPush | AuthorizedPush | UnauthorizedPush;

/** WeChat reports that something of a mini-program was decided: a private interface, a category, its name or its filing. */
export interface ChangePush {
  event: 'wxa_privacy_apply' | 'wxa_category_audit' | 'wxa_nickname_audit' | 'notify_apply_icpfiling_result';
  /** Named only by callbacks to the URL of authorization events; empty otherwise. */
  appid: string;
}

/** Any other message, event or authorization callback, by its `Event`, `InfoType` or `MsgType`. */
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
 * Reads a callback that was parsed by `parseXml`. Undefined if it has no name, or if a known one lacks an id, a code or a
 * valid time. The time of an audit decision defaults to CreateTime.
 */
export function parsePush(
  fields: Record<string, string>,
): AuditPush | ComponentPush | ChangePush | OtherPush | undefined {
  const name = fields.Event || fields.InfoType || fields.MsgType;
  if (!name) return undefined;
  if (isAuditEvent(name)) return parseAudit(name, fields);
  if (isChangeEvent(name))
    return { event: name, appid: fields.authorizer_appid || fields.AuthorizerAppid || '' };
  if (name === 'notify_third_fasteregister') return parseRegistration(fields) ?? { event: 'other', name };
  return isComponentEvent(name) ? parseComponent(name, fields) : { event: 'other', name };
}

/** A registration that succeeded comes with an authorization. Undefined for any other. */
function parseRegistration(fields: Record<string, string>): ComponentPush | undefined {
  const { status, appid = '', auth_code: code = '' } = fields;
  if (status !== '0' || appid === '' || code === '') return undefined;
  const names = { AuthorizerAppid: appid, AuthorizationCode: code };
  return parseComponent('notify_third_fasteregister', { ...fields, ...names });
}

function isAuditEvent(name: string): name is AuditPush['event'] {
  return Object.hasOwn(decidedField, name);
}

function parseAudit(event: AuditPush['event'], fields: Record<string, string>): AuditPush | undefined {
  const createdAt = instant(fields.CreateTime);
  const decidedAt = instant(fields[decidedField[event]] || fields.CreateTime);
  const originalId = fields.ToUserName;
  if (!originalId || !createdAt || !decidedAt) return undefined;
  // WeChat's table has `screenshot`, its examples `ScreenShot`.
  const screenshots = (fields.ScreenShot || fields.screenshot || '').split('|').filter(Boolean);
  return { event, originalId, createdAt, decidedAt, reason: fields.Reason ?? '', screenshots };
}

const changeEvents: readonly string[] = [
  'wxa_privacy_apply',
  'wxa_category_audit',
  'wxa_nickname_audit',
  'notify_apply_icpfiling_result',
] satisfies ChangePush['event'][];

function isChangeEvent(name: string): name is ChangePush['event'] {
  return changeEvents.includes(name);
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
