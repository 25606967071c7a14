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
 * What a push, parsed by `parseXml`, says. Undefined where nothing tells what it is, and where an audit push
 * lacks the original id or a time that can be read. The time of the decision falls back to CreateTime.
 */
export function parsePush(fields: Record<string, string>): AuditPush | OtherPush | undefined {
  const name = fields.Event || fields.InfoType || fields.MsgType;
  if (!name) return undefined;
  return isAuditEvent(name) ? parseAudit(name, fields) : { event: 'other', name };
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
  const screenshots = (fields.ScreenShot ?? fields.screenshot ?? '').split('|').filter(Boolean);
  return { event, originalId, createdAt, decidedAt, reason: fields.Reason ?? '', screenshots };
}

/** Unix seconds, 1 to 11 digits (until the year 5138). */
function instant(seconds: string | undefined): Date | undefined {
  return seconds && /^\d{1,11}$/.test(seconds) ? new Date(Number(seconds) * 1000) : undefined;
}
