import { type CallOptions, EndpointCaller, type WxaClientOptions } from './endpoint-caller.js';
import * as audit from './endpoints/audit-endpoints.js';
import * as code from './endpoints/code-endpoints.js';
import * as component from './endpoints/component-endpoints.js';
import type { NoRequest } from './endpoints/endpoint.js';
import * as rollout from './endpoints/release-endpoints.js';
import * as library from './endpoints/template-endpoints.js';
import type { Done, WxaResult } from './wxa-result.js';

/**
 * The code management APIs of WeChat for one or many mini-programs, and the APIs their tokens come from, over one
 * keep-alive pool. Each call is sent once at most and its promise never rejects; see `WxaResult` for what can become
 * of it. Any call may be refused with -1, 40001, 40014, 42001 (the token), 45009, 45011 (too many calls), 48001, 61003
 * and 61007 (the mini-program has not authorized it); codes named below come beside these. Code management needs
 * permission set 18. A source that is only a file lies at
 * https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/code-management/
 */
export class WxaClient {
  private readonly caller: EndpointCaller;

  /** Throws a TypeError where `baseUrl` is none. */
  constructor(options: WxaClientOptions) {
    this.caller = new EndpointCaller(options);
  }

  /** Waits for the calls in flight and closes the connections, once; later calls are `retryable`, cause `connect`. */
  close(): Promise<void> {
    return this.caller.close();
  }

  /**
   * Uploads a template as the trial version, which replaces the one before. `userVersion` has at most 64 characters. A
   * repeat starts WeChat's privacy check anew (61039 for a minute). 85014 for a template that is not in the library,
   * 85013 and 85043 to 85048 for what is wrong in `extJson` or the template, 9402202 while the commit before still runs.
   * Source: api_commit.html
   */
  commit(request: code.CommitRequest, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(code.commit, request, options);
  }

  /**
   * The picture that opens the trial version, some 350 KB of JPEG. `path` may have a query (`page/index?action=1`) and is
   * encoded here. Source: api_gettrialqrcode.html
   */
  getTrialQrCode(
    request: code.TrialQrCodeRequest = {},
    options?: CallOptions,
  ): Promise<WxaResult<code.TrialQrCode>> {
    return this.caller.call(code.getTrialQrCode, request, options);
  }

  /**
   * The categories the mini-program may be submitted under, of two or three levels; none where it has none that is
   * approved. Source: ../category-management/api_getallcategoryname.html
   */
  listCategories(request: NoRequest = {}, options?: CallOptions) {
    return this.caller.call(code.listCategories, request, options);
  }

  /**
   * The pages of the committed version, as `submitAudit` takes them. 86001 before the first commit.
   * Source: api_getcodepage.html
   */
  listPages(request: NoRequest = {}, options?: CallOptions) {
    return this.caller.call(code.listPages, request, options);
  }

  /**
   * The trial and the released version, each undefined where there is none: tells what became of a commit or a release
   * whose answer was lost. Reads may lag behind by seconds. Source: api_getversioninfo.html
   */
  getVersionInfo(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<code.VersionInfos>> {
    return this.caller.call(code.getVersionInfo, request, options);
  }

  /**
   * Submits the committed version to audit: 1 to 5 items, each with at most 10 tags of 20 characters and a title of 32.
   * It costs one of the platform's audits of the month (85085). 85009 while another audit runs, 61039 until WeChat has
   * checked the commit (about a minute; ask again without a new commit), 61040 for private APIs that are not permitted,
   * 85006 to 85011 and 85023 for what is wrong in an item. Source: api_submitaudit.html
   */
  submitAudit(request: audit.SubmitAuditRequest, options?: CallOptions) {
    return this.caller.call(audit.submitAudit, request, options);
  }

  /**
   * The state of one audit. 85012 for an id that is not of this mini-program. Source: api_getauditstatus.html
   */
  getAuditStatus(request: { auditId: bigint }, options?: CallOptions): Promise<WxaResult<audit.AuditStatus>> {
    return this.caller.call(audit.getAuditStatus, request, options);
  }

  /**
   * The state of the audit submitted last; 85058 where there never was one. Also tells what became of a `submitAudit`
   * or an `undoAudit` whose answer was lost. Source: api_getlatestauditstatus.html
   */
  getLatestAuditStatus(
    request: NoRequest = {},
    options?: CallOptions,
  ): Promise<WxaResult<audit.AuditStatus>> {
    return this.caller.call(audit.getLatestAuditStatus, request, options);
  }

  /**
   * Withdraws the running audit. A GET with an effect; at most 5 a day (1 in older documents) and 10 a month for one
   * mini-program (87013). The audit of the month that it cost does not come back. Source: api_undoaudit.html
   */
  undoAudit(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(audit.undoAudit, request, options);
  }

  /**
   * Has an open audit taken before others, once for one audit: 89404 says that it is sped up already, and so what became of
   * an ambiguous call. The platform has few a month (89405, see `getAuditQuota`). 89402 for an audit that has ended, 89403
   * for one that can't be sped up, 89401 where WeChat is unwell (retryable, as -1). Source: api_speedupcodeaudit.html
   */
  speedUpAudit(request: { auditId: bigint }, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(audit.speedUpAudit, request, options);
  }

  /**
   * How many audits and speed-ups are left this month, of how many; all mini-programs of the platform share them, and
   * WeChat refuses without: 85085 an audit, 89405 a speed-up. Takes the token of any of them, not the component's (61014).
   * Source: api_setcodeauditquota.html
   */
  getAuditQuota(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<audit.AuditQuota>> {
    return this.caller.call(audit.getAuditQuota, request, options);
  }

  /**
   * What the privacy check of the committed version found: private APIs without permission, and those that its code uses
   * but its ext.json does not name. 61039 while it runs, about a minute after each commit, and as long `submitAudit` is
   * refused. What is found is refused too (61040); what ext.json does not name may be declared unused instead.
   * Source: api_getcodeprivacyinfo.html
   */
  getPrivacyCheck(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<audit.PrivacyCheck>> {
    return this.caller.call(audit.getPrivacyCheck, request, options);
  }

  /**
   * Releases the version approved last to everybody; it can't be told which. 85019 where nothing was audited, 85020 where
   * the audit is not approved or was released already. Source: api_release.html
   */
  release(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.release, request, options);
  }

  /**
   * Shows or hides the released version. 85021 where its state does not allow it. A repeat is harmless.
   * Source: api_setvisitstatus.html
   */
  changeVisitStatus(request: { visible: boolean }, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.changeVisitStatus, request, options);
  }

  /**
   * Whether users get in, to find out what became of a change of it. Reads may lag behind by seconds.
   * Source: api_getvisitstatus.html
   */
  getVisitStatus(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<{ visible: boolean }>> {
    return this.caller.call(rollout.getVisitStatus, request, options);
  }

  /**
   * The lowest base library version set, and how many users have which, in percent.
   * Source: api_getsupportversion.html
   */
  getSupportVersion(
    request: NoRequest = {},
    options?: CallOptions,
  ): Promise<WxaResult<rollout.SupportVersion>> {
    return this.caller.call(rollout.getSupportVersion, request, options);
  }

  /**
   * Sets the lowest base library version, one that `getSupportVersion` lists (else 85015 or 89014). A repeat is harmless.
   * Source: api_setsupportversion.html
   */
  setSupportVersion(request: { version: string }, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.setSupportVersion, request, options);
  }

  /**
   * Goes back to an earlier release. A GET with an effect: repeated, it can go back one more. 87011 during a gray release,
   * 87012 where there is nothing to go back to or it was done already. Source: api_revertcoderelease.html
   */
  revertRelease(request: rollout.RevertReleaseRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.revertRelease, request, options);
  }

  /**
   * The releases that `revertRelease` can go back to by their `appVersion`, newest first, at most 5; the present one is not
   * among them. The same path as the revert, told from it by its `action` alone, and without its effect.
   * Source: api_revertcoderelease.html
   */
  listReleaseHistory(request: NoRequest = {}, options?: CallOptions) {
    return this.caller.call(rollout.listReleaseHistory, request, options);
  }

  /**
   * Starts a release to a part of the users, or raises the part: 1 to 100 percent, or 0 with one of the two flags (85081).
   * 85079 without a released version, 85080 without an approved one, 85082 for a part that is not larger than before.
   * Source: api_grayrelease.html
   */
  grayRelease(request: rollout.GrayReleaseRequest, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.grayRelease, request, options);
  }

  /**
   * Ends the gray release; its users get the version before. A GET with an effect. Source: api_revertgrayrelease.html
   */
  revertGrayRelease(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.revertGrayRelease, request, options);
  }

  /**
   * The present gray release; `plan` is undefined where there is none. Source: api_getgrayreleaseplan.html
   */
  getGrayReleasePlan(request: NoRequest = {}, options?: CallOptions) {
    return this.caller.call(rollout.getGrayReleasePlan, request, options);
  }

  /**
   * Has WeChat push tickets again, one every 10 minutes; done too where it never stopped. Takes no token. 40013 for
   * an appid that is no platform, 40125 for another's secret, 61004 from an address that is not on the allow list.
   * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_startpushticket.html
   */
  startPushTicket(
    request: component.ComponentSecret,
    options?: Omit<CallOptions, 'token'>,
  ): Promise<WxaResult<Done>> {
    return this.caller.call(component.startPushTicket, request, options);
  }

  /**
   * The platform's own token, for two hours, from the last ticket pushed (valid for 12). Takes no token; a repeat
   * gives another one, and each counts against a daily quota (45009). 61005 for a ticket that is over, 61006 for one
   * that never was, 40125 (also 40001) for a wrong secret, 61004 for a wrong address.
   * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getcomponentaccesstoken.html
   */
  getComponentToken(
    request: component.ComponentTokenRequest,
    options?: Omit<CallOptions, 'token'>,
  ): Promise<WxaResult<component.Token>> {
    return this.caller.call(component.getComponentToken, request, options);
  }

  /**
   * A code for one authorization link; WeChat says 30 minutes, and in its example 10: see `expiresInMs`. Takes the
   * component token, like the three below; each call gives another code, and an unused one does no harm.
   * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getpreauthcode.html
   */
  createPreAuthCode(
    request: { componentAppid: string },
    options?: CallOptions,
  ): Promise<WxaResult<component.PreAuthCode>> {
    return this.caller.call(component.createPreAuthCode, request, options);
  }

  /**
   * What a mini-program authorized, with its first tokens. A code is for one use (61009) and for an hour or so
   * (61010): after an ambiguous result the tokens are in `getAuthorizerInfo` and `getAuthorizerToken`. The refresh
   * token of the authorization before no longer holds.
   * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getauthorizerrefreshtoken.html
   */
  queryAuth(
    request: component.QueryAuthRequest,
    options?: CallOptions,
  ): Promise<WxaResult<component.Authorization>> {
    return this.caller.call(component.queryAuth, request, options);
  }

  /**
   * The next token of a mini-program, for two hours. WeChat may give a new refresh token with it, and the old one
   * ends: keep it before anything else. 61023 for a refresh token that does not hold, 61003 where the authorization
   * was withdrawn. Source:
   * https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getauthorizeraccesstoken.html
   */
  getAuthorizerToken(
    request: component.AuthorizerTokenRequest,
    options?: CallOptions,
  ): Promise<WxaResult<component.AuthorizerToken>> {
    return this.caller.call(component.getAuthorizerToken, request, options);
  }

  /**
   * Who a mini-program is, what it authorized, and the refresh token that holds now: the way back to one that was
   * lost. 61003 where it has not authorized the platform. Source:
   * https://developers.weixin.qq.com/doc/oplatform/openApi/authorization-management/api_getauthorizerinfo.html
   */
  getAuthorizerInfo(
    request: { componentAppid: string; appid: string },
    options?: CallOptions,
  ): Promise<WxaResult<component.AuthorizerInfo>> {
    return this.caller.call(component.getAuthorizerInfo, request, options);
  }

  /**
   * Gives WeChat a picture or video for the auditors; `submitAudit` names it by its media id, which holds for 3 days.
   * PNG, JPEG or GIF of at most 2 MiB, or MP4 of at most 10 MiB; the content is read once, while it is sent. Give it more
   * time than another call. To call it twice does no harm: the file is then there twice, under two ids.
   * 40005 for a wrong type, 40006 for a file that is too large, 41005 for none.
   * Source: api_uploadmediatocodeaudit.html
   */
  uploadAuditMedia(
    request: audit.AuditMediaFile,
    options?: CallOptions,
  ): Promise<WxaResult<audit.AuditMedia>> {
    return this.caller.call(audit.uploadAuditMedia, request, options);
  }

  /**
   * The drafts that developers uploaded to the platform, all at once. Takes the component token (61014 for another), like
   * the three below. Source: ../../thirdparty-management/template-management/api_gettemplatedraftlist.html
   */
  listDrafts(request: NoRequest = {}, options?: CallOptions) {
    return this.caller.call(library.listDrafts, request, options);
  }

  /**
   * Makes a template from a draft: type 0 ordinary (where it is left out), 1 standard. Its id shows only in
   * `listTemplates`; repeated, it makes another one: after an ambiguous result look there first. 85064 for a draft that is
   * not there, 85065 where the library is full (200).
   * Source: ../../thirdparty-management/template-management/api_addtotemplate.html
   */
  addTemplate(request: { draftId: bigint; templateType?: number }, options?: CallOptions) {
    return this.caller.call(library.addTemplate, request, options);
  }

  /**
   * The platform's library, of one type (0 ordinary, 1 standard) or all, at most 200. An id is what `commit` takes.
   * Source: ../../thirdparty-management/template-management/api_gettemplatelist.html
   */
  listTemplates(request: { templateType?: number } = {}, options?: CallOptions) {
    return this.caller.call(library.listTemplates, request, options);
  }

  /**
   * Takes a template out of the library, for good; mini-programs that have its code keep it. 85064 for one that is not there,
   * so also for a repeat. Source: ../../thirdparty-management/template-management/api_deletetemplate.html
   */
  deleteTemplate(request: { templateId: bigint }, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(library.deleteTemplate, request, options);
  }
}
