import { type CallOptions, EndpointCaller, type WxaClientOptions } from './endpoint-caller.js';
import * as audit from './endpoints/audit-endpoints.js';
import * as code from './endpoints/code-endpoints.js';
import * as component from './endpoints/component-endpoints.js';
import type { NoRequest } from './endpoints/endpoint.js';
import * as rollout from './endpoints/release-endpoints.js';
import * as library from './endpoints/template-endpoints.js';
import type { Done, WxaResult } from './wxa-result.js';

/**
 * WeChat's code management APIs for one or many mini-programs, and the APIs for their tokens, over one keep-alive pool. Each
 * call is sent at most once and its promise never rejects; see `WxaResult` for the possible results. Any call may be rejected
 * with -1, 40001, 40014, 42001 (token), 45009, 45011 (too many calls), 48001, 61003 and 61007 (not authorized), in addition
 * to the codes below. Code management needs permission set 18. A source that is only a file name is relative to
 * https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/code-management/
 */
export class WxaClient {
  private readonly caller: EndpointCaller;

  /** Throws a TypeError if `baseUrl` is not a URL. */
  constructor(options: WxaClientOptions) {
    this.caller = new EndpointCaller(options);
  }

  /** Waits for the calls in flight and closes the connections; later calls are `retryable`, cause `connect`. Idempotent. */
  close(): Promise<void> {
    return this.caller.close();
  }

  /**
   * Uploads a template as the trial version, which replaces the previous one. `userVersion` has at most 64 characters. Each
   * call restarts WeChat's privacy check (61039 for about a minute). 85014 for a template that is not in the library, 85013
   * and 85043 to 85048 for errors in `extJson` or the template, 9402202 while the previous commit is running.
   * Source: api_commit.html
   */
  commit(request: code.CommitRequest, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(code.commit, request, options);
  }

  /**
   * Returns the QR code of the trial version, about 350 KB of JPEG. `path` may have a query (`page/index?action=1`) and is
   * encoded here. Source: api_gettrialqrcode.html
   */
  getTrialQrCode(
    request: code.TrialQrCodeRequest = {},
    options?: CallOptions,
  ): Promise<WxaResult<code.TrialQrCode>> {
    return this.caller.call(code.getTrialQrCode, request, options);
  }

  /**
   * Returns the approved categories for an audit, of two or three levels; may be empty.
   * Source: ../category-management/api_getallcategoryname.html
   */
  listCategories(request: NoRequest = {}, options?: CallOptions) {
    return this.caller.call(code.listCategories, request, options);
  }

  /**
   * Returns the pages of the committed version, as used by `submitAudit`. 86001 before the first commit.
   * Source: api_getcodepage.html
   */
  listPages(request: NoRequest = {}, options?: CallOptions) {
    return this.caller.call(code.listPages, request, options);
  }

  /**
   * Returns the trial and the released version, each undefined if there is none. Used to reconcile a commit or a release with
   * an unknown result. Reads may lag behind writes by seconds. Source: api_getversioninfo.html
   */
  getVersionInfo(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<code.VersionInfos>> {
    return this.caller.call(code.getVersionInfo, request, options);
  }

  /**
   * Submits the committed version to audit: 1 to 5 items, each with at most 10 tags of 20 characters and a title of 32.
   * Uses one audit of the platform's monthly quota (85085). 85009 while another audit is open, 61039 until WeChat's privacy
   * check of the commit has completed (about a minute; retry without a new commit), 61040 for undeclared private APIs,
   * 85006 to 85011 and 85023 for errors in an item. Source: api_submitaudit.html
   */
  submitAudit(request: audit.SubmitAuditRequest, options?: CallOptions) {
    return this.caller.call(audit.submitAudit, request, options);
  }

  /**
   * Returns the state of one audit. 85012 for an id of another mini-program. Source: api_getauditstatus.html
   */
  getAuditStatus(request: { auditId: bigint }, options?: CallOptions): Promise<WxaResult<audit.AuditStatus>> {
    return this.caller.call(audit.getAuditStatus, request, options);
  }

  /**
   * Returns the state of the last submitted audit; 85058 if there was none. Also used to reconcile a `submitAudit` or an
   * `undoAudit` with an unknown result. Source: api_getlatestauditstatus.html
   */
  getLatestAuditStatus(
    request: NoRequest = {},
    options?: CallOptions,
  ): Promise<WxaResult<audit.AuditStatus>> {
    return this.caller.call(audit.getLatestAuditStatus, request, options);
  }

  /**
   * Withdraws the open audit. A GET with an effect; at most 5 per day (1 in older documents) and 10 per month for one
   * mini-program (87013). The monthly audit quota is not refunded. Source: api_undoaudit.html
   */
  undoAudit(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(audit.undoAudit, request, options);
  }

  /**
   * Expedites an open audit, once per audit: a duplicate is rejected with 89404, which proves an earlier call with an unknown
   * result. The platform has a small monthly quota (89405, see `getAuditQuota`). 89402 for an audit that has ended, 89403 for
   * one that cannot be expedited, 89401 for an error of WeChat (retryable, as -1). Source: api_speedupcodeaudit.html
   */
  speedUpAudit(request: { auditId: bigint }, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(audit.speedUpAudit, request, options);
  }

  /**
   * Returns the remaining and total audits and speed-ups of this month, shared by all mini-programs of the platform. Without
   * them an audit is rejected with 85085, a speed-up with 89405. Takes the token of any mini-program, not the component's
   * (61014). Source: api_setcodeauditquota.html
   */
  getAuditQuota(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<audit.AuditQuota>> {
    return this.caller.call(audit.getAuditQuota, request, options);
  }

  /**
   * Returns the result of the privacy check of the committed version: private APIs without permission, and those that its code
   * uses but its ext.json does not declare. 61039 while the check runs, for about a minute after each commit; `submitAudit` is
   * rejected during that time, and afterwards for each finding (61040), unless undeclared APIs are declared as unused.
   * Source: api_getcodeprivacyinfo.html
   */
  getPrivacyCheck(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<audit.PrivacyCheck>> {
    return this.caller.call(audit.getPrivacyCheck, request, options);
  }

  /**
   * Releases the version that was approved last to all users; the request cannot name a version. 85019 if nothing was audited,
   * 85020 if the audit is not approved or was released before. Source: api_release.html
   */
  release(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.release, request, options);
  }

  /**
   * Shows or hides the released version. 85021 if its state does not allow it. Idempotent.
   * Source: api_setvisitstatus.html
   */
  changeVisitStatus(request: { visible: boolean }, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.changeVisitStatus, request, options);
  }

  /**
   * Returns whether users can open the mini-program. Reads may lag behind writes by seconds.
   * Source: api_getvisitstatus.html
   */
  getVisitStatus(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<{ visible: boolean }>> {
    return this.caller.call(rollout.getVisitStatus, request, options);
  }

  /**
   * Returns the minimum base-library version and the distribution of client versions in percent.
   * Source: api_getsupportversion.html
   */
  getSupportVersion(
    request: NoRequest = {},
    options?: CallOptions,
  ): Promise<WxaResult<rollout.SupportVersion>> {
    return this.caller.call(rollout.getSupportVersion, request, options);
  }

  /**
   * Sets the minimum base-library version, one that `getSupportVersion` lists (else 85015 or 89014). Idempotent.
   * Source: api_setsupportversion.html
   */
  setSupportVersion(request: { version: string }, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.setSupportVersion, request, options);
  }

  /**
   * Reverts to an earlier release. A GET with an effect and not idempotent: a second call can revert one version more. 87011
   * during a gray release, 87012 without an earlier release or if it was reverted before. Source: api_revertcoderelease.html
   */
  revertRelease(request: rollout.RevertReleaseRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.revertRelease, request, options);
  }

  /**
   * Returns the releases that `revertRelease` can restore by their `appVersion`, newest first, at most 5, without the current
   * one. Has the path of the revert and differs only by its `action`; it has no effect.
   * Source: api_revertcoderelease.html
   */
  listReleaseHistory(request: NoRequest = {}, options?: CallOptions) {
    return this.caller.call(rollout.listReleaseHistory, request, options);
  }

  /**
   * Starts a gray release or increases its percentage: 1 to 100, or 0 with one of the two flags (85081). 85079 without a
   * released version, 85080 without an approved one, 85082 for a percentage that is not larger than before.
   * Source: api_grayrelease.html
   */
  grayRelease(request: rollout.GrayReleaseRequest, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.grayRelease, request, options);
  }

  /**
   * Ends the gray release; its users return to the previous version. A GET with an effect. Source: api_revertgrayrelease.html
   */
  revertGrayRelease(request: NoRequest = {}, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(rollout.revertGrayRelease, request, options);
  }

  /**
   * Returns the current gray release; `plan` is undefined without one. Source: api_getgrayreleaseplan.html
   */
  getGrayReleasePlan(request: NoRequest = {}, options?: CallOptions) {
    return this.caller.call(rollout.getGrayReleasePlan, request, options);
  }

  /**
   * Makes WeChat send tickets again, one every 10 minutes; idempotent. Takes no token. 40013 for an appid that is not a
   * platform, 40125 for a wrong secret, 61004 from an IP address that is not on the allow list.
   * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_startpushticket.html
   */
  startPushTicket(
    request: component.ComponentSecret,
    options?: Omit<CallOptions, 'token'>,
  ): Promise<WxaResult<Done>> {
    return this.caller.call(component.startPushTicket, request, options);
  }

  /**
   * Returns the platform's own token, valid for two hours, for the last ticket (valid for 12 hours). Takes no token. Each call
   * returns a new token and counts against a daily quota (45009). 61005 for an expired ticket, 61006 for an invalid one,
   * 40125 (also 40001) for a wrong secret, 61004 for an IP address that is not on the allow list.
   * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getcomponentaccesstoken.html
   */
  getComponentToken(
    request: component.ComponentTokenRequest,
    options?: Omit<CallOptions, 'token'>,
  ): Promise<WxaResult<component.Token>> {
    return this.caller.call(component.getComponentToken, request, options);
  }

  /**
   * Returns a code for one authorization link, valid for 30 minutes (10 in WeChat's example): see `expiresInMs`. Takes the
   * component token, as the three calls below. Each call returns a new code; unused ones are harmless.
   * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getpreauthcode.html
   */
  createPreAuthCode(
    request: { componentAppid: string },
    options?: CallOptions,
  ): Promise<WxaResult<component.PreAuthCode>> {
    return this.caller.call(component.createPreAuthCode, request, options);
  }

  /**
   * Returns the permissions that a mini-program granted, with its first tokens. A code can be used once (61009) and for about
   * an hour (61010): after an ambiguous result use `getAuthorizerInfo` and `getAuthorizerToken`. The refresh token of an
   * earlier authorization becomes invalid.
   * Source: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getauthorizerrefreshtoken.html
   */
  queryAuth(
    request: component.QueryAuthRequest,
    options?: CallOptions,
  ): Promise<WxaResult<component.Authorization>> {
    return this.caller.call(component.queryAuth, request, options);
  }

  /**
   * Returns a new token of a mini-program, valid for two hours. WeChat may rotate the refresh token, which invalidates the old
   * one, so store it first. 61023 for an invalid refresh token, 61003 if the authorization was withdrawn. Source:
   * https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getauthorizeraccesstoken.html
   */
  getAuthorizerToken(
    request: component.AuthorizerTokenRequest,
    options?: CallOptions,
  ): Promise<WxaResult<component.AuthorizerToken>> {
    return this.caller.call(component.getAuthorizerToken, request, options);
  }

  /**
   * Returns the profile and the permissions of a mini-program, and its current refresh token, by which a lost one is
   * recovered. 61003 if it has not authorized the platform. Source:
   * https://developers.weixin.qq.com/doc/oplatform/openApi/authorization-management/api_getauthorizerinfo.html
   */
  getAuthorizerInfo(
    request: { componentAppid: string; appid: string },
    options?: CallOptions,
  ): Promise<WxaResult<component.AuthorizerInfo>> {
    return this.caller.call(component.getAuthorizerInfo, request, options);
  }

  /**
   * Uploads a picture or video for the auditors; `submitAudit` refers to it by its media id, which is valid for 3 days. PNG,
   * JPEG or GIF of at most 2 MiB, or MP4 of at most 10 MiB; the content is read once, while it is sent. It needs a longer
   * time-out than other calls. A second call is harmless: it stores the file again under another id.
   * 40005 for a wrong type, 40006 for a file that is too large, 41005 without a file.
   * Source: api_uploadmediatocodeaudit.html
   */
  uploadAuditMedia(
    request: audit.AuditMediaFile,
    options?: CallOptions,
  ): Promise<WxaResult<audit.AuditMedia>> {
    return this.caller.call(audit.uploadAuditMedia, request, options);
  }

  /**
   * Returns all drafts that developers uploaded to the platform. Takes the component token (else 61014), as the three calls
   * below. Source: ../../thirdparty-management/template-management/api_gettemplatedraftlist.html
   */
  listDrafts(request: NoRequest = {}, options?: CallOptions) {
    return this.caller.call(library.listDrafts, request, options);
  }

  /**
   * Creates a template from a draft: type 0 ordinary (default), 1 standard. WeChat returns its id only in `listTemplates`. Not
   * idempotent: after an ambiguous result read that list first. 85064 for an unknown draft, 85065 if the library is full
   * (200).
   * Source: ../../thirdparty-management/template-management/api_addtotemplate.html
   */
  addTemplate(request: { draftId: bigint; templateType?: number }, options?: CallOptions) {
    return this.caller.call(library.addTemplate, request, options);
  }

  /**
   * Returns the platform's templates, of one type (0 ordinary, 1 standard) or all, at most 200. `commit` takes their ids.
   * Source: ../../thirdparty-management/template-management/api_gettemplatelist.html
   */
  listTemplates(request: { templateType?: number } = {}, options?: CallOptions) {
    return this.caller.call(library.listTemplates, request, options);
  }

  /**
   * Deletes a template permanently; mini-programs with its code are not affected. 85064 for an unknown template, and so for a
   * duplicate. Source: ../../thirdparty-management/template-management/api_deletetemplate.html
   */
  deleteTemplate(request: { templateId: bigint }, options?: CallOptions): Promise<WxaResult<Done>> {
    return this.caller.call(library.deleteTemplate, request, options);
  }
}
