import type { SimConfig } from '../config.js';
import { type AuditChoice, decideAudit, openAudit } from '../mini-program/audits.js';
import { savePastState } from '../mini-program/lag.js';
import { takeRule } from '../model/audit-rules.js';
import { AUDIT, type Audit, type MiniProgram } from '../model/mini-program.js';
import type { Platform } from '../model/platform.js';
import { unexplainedKeys } from '../setup/privacy.js';
import { type PushEvent, type PushFields, pushXml } from './push-xml.js';
import type { Pusher, PushPlan } from './pusher.js';
import type { Timers } from './timers.js';

const EVENTS: Record<AuditChoice, PushEvent> = {
  approve: 'weapp_audit_success',
  reject: 'weapp_audit_fail',
  delay: 'weapp_audit_delay',
};

/** The reason in the source document's example callback. */
const REASONS: Record<AuditChoice, string> = {
  approve: '',
  reject:
    '1:账号信息不符合规范:<br>(1):包含色情因素<br>2:服务类目"金融业-保险_"与你提交代码审核时设置的功能页面内容不一致:<br>(1):功能页面设置的部分标签不属于所选的服务类目范围。<br>(2):功能页面设置的部分标签与该页面内容不相关。<br>',
  delay: '为了更好的服务小程序，您的服务商正在进行提审系统的优化，可能会导致审核时效的增长，请耐心等待',
};

function guideReason(keys: string[]): string {
  return `1:小程序功能不符合规则:<br>(1):你好，小程序内涉及收集"${keys.join('、')}"相关接口或组件，请通过接口完善【用户隐私保护指引】后再重新提审。<br>`;
}

export interface DecisionDetails {
  decision: AuditChoice;
  reason?: string | undefined;
  screenshot?: string | undefined;
}

interface DecisionByRule extends DecisionDetails {
  delayMs: number;
  push?: PushPlan | undefined;
}

/** Decides audits, on request or by rules, and sends the callbacks. */
export class Auditor {
  constructor(
    private readonly config: SimConfig,
    private readonly pusher: Pusher,
    private readonly platform: () => Platform,
    private readonly timers: Timers,
  ) {}

  /** Called when an audit is opened; decides it later by the first rule that applies. */
  opened(app: MiniProgram, audit: Audit): void {
    if (app.setup.failsGuideReview)
      this.push(app, 'reject', Date.now(), { Reason: guideReason(['Location']) }, {});
    const rule = takeRule(this.platform().auditRules, app.appid) ?? this.lastRule();
    if (!rule) return;
    this.timers.after(rule.delayMs, () => {
      if (openAudit(app) === audit && audit.status === AUDIT.pending)
        this.decideByRule(app, audit, this.judged(app, audit, rule));
    });
  }

  /** Approves what no rule applies to, if that is configured. */
  private lastRule(): DecisionByRule | undefined {
    const { auditDelayMs: delayMs } = this.config;
    return delayMs === null ? undefined : { decision: 'approve', delayMs };
  }

  /** After a bad sample, the decision follows a callback that announces its delay. */
  private decideByRule(app: MiniProgram, audit: Audit, rule: DecisionByRule): void {
    const { isBad, delayMs } = this.platform().auditSampling;
    if (!isBad || rule.decision === 'delay') {
      this.decide(app, rule, rule.push);
      return;
    }
    this.decide(app, { decision: 'delay' });
    if (delayMs === null) return;
    this.timers.after(delayMs, () => {
      if (openAudit(app) === audit) this.decide(app, rule, rule.push);
    });
  }

  /** WeChat rejects a version that uses data which the privacy guide does not explain. */
  private judged(app: MiniProgram, audit: Audit, rule: DecisionByRule): DecisionByRule {
    const keys = unexplainedKeys(app, audit.version, this.platform());
    const isApproval = rule.decision === 'approve';
    return isApproval && keys.length > 0 ? { ...rule, decision: 'reject', reason: guideReason(keys) } : rule;
  }

  /** Decides the open audit (returns undefined if there is none) and starts sending the callback. */
  decide(app: MiniProgram, details: DecisionDetails, plan: PushPlan = {}): Audit | undefined {
    const { decision, reason = REASONS[decision], screenshot = '' } = details;
    const now = Date.now();
    savePastState(app, now);
    const audit = decideAudit(app, { decision, reason, screenshot }, now);
    if (!audit) return undefined;
    if (audit.sampled && decision === 'reject') this.platform().auditSampling.isBad = true;
    const fields: PushFields = {
      ...(reason && { Reason: reason }),
      ...(screenshot && { ScreenShot: screenshot }),
    };
    this.push(app, decision, audit.decidedAt, fields, plan);
    return audit;
  }

  private push(
    app: MiniProgram,
    decision: AuditChoice,
    at: number,
    fields: PushFields,
    plan: PushPlan,
  ): void {
    const event = EVENTS[decision];
    void this.pusher.deliver({ appid: app.appid, event, xml: pushXml(app, event, at, fields) }, plan);
  }
}
