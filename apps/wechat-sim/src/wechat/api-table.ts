import {
  getAuditQuota,
  getAuditStatus,
  getLatestAuditStatus,
  speedUpAudit,
  submitAudit,
  undoAudit,
} from '../mini-program/audits.js';
import { commit, getPage, getPrivacyInfo } from '../mini-program/commit.js';
import { getGrayReleasePlan, grayRelease, revertGrayRelease } from '../mini-program/gray.js';
import { getHistoryVersion, getVersionInfo, release, revertRelease } from '../mini-program/releases.js';
import {
  changeVisitStatus,
  getCategory,
  getSupportVersion,
  getVisitStatus,
  setSupportVersion,
} from '../mini-program/settings.js';
import type { ApiDefinition } from '../model/api.js';
import { UPLOAD_API } from '../platform/media.js';
import { TEMPLATE_APIS } from '../platform/templates.js';
import { ACCOUNT_APIS } from '../setup/account.js';
import { DOMAIN_APIS } from '../setup/domains.js';
import { INTERFACE_APIS } from '../setup/interfaces.js';
import { NEIGHBOUR_APIS } from '../setup/neighbours.js';
import { PLATFORM_DOMAIN_APIS } from '../setup/platform-domains.js';
import { PRIVACY_APIS, PRIVACY_TEXT_API } from '../setup/privacy.js';
import { getMaterial, getQrCode } from './qr-code.js';

const HISTORY: ApiDefinition = {
  name: 'wxa/revertcoderelease?action=get_history_version',
  verb: 'GET',
  kind: 'query',
  run: getHistoryVersion,
};

/** Every API of the simulator, in the order of the source document; then the newer ones. */
export const API_TABLE: readonly ApiDefinition[] = [
  { name: 'wxa/commit', verb: 'POST', kind: 'change', run: commit },
  { name: 'wxa/get_qrcode', verb: 'GET', kind: 'query', run: getQrCode },
  { name: 'wxa/get_category', verb: 'GET', kind: 'query', run: getCategory },
  { name: 'wxa/get_page', verb: 'GET', kind: 'query', run: getPage },
  { name: 'wxa/submit_audit', verb: 'POST', kind: 'change', run: submitAudit },
  { name: 'wxa/get_auditstatus', verb: 'POST', kind: 'query', run: getAuditStatus },
  { name: 'wxa/get_latest_auditstatus', verb: 'GET', kind: 'query', run: getLatestAuditStatus },
  { name: 'wxa/release', verb: 'POST', kind: 'change', run: release },
  { name: 'wxa/change_visitstatus', verb: 'POST', kind: 'change', run: changeVisitStatus },
  { name: 'cgi-bin/wxopen/getweappsupportversion', verb: 'POST', kind: 'query', run: getSupportVersion },
  { name: 'cgi-bin/wxopen/setweappsupportversion', verb: 'POST', kind: 'change', run: setSupportVersion },
  { name: 'wxa/revertcoderelease', verb: 'GET', kind: 'change', run: revertRelease },
  { name: 'wxa/undocodeaudit', verb: 'GET', kind: 'change', run: undoAudit },
  { name: 'wxa/grayrelease', verb: 'POST', kind: 'change', run: grayRelease },
  { name: 'wxa/revertgrayrelease', verb: 'GET', kind: 'change', run: revertGrayRelease },
  { name: 'wxa/getgrayreleaseplan', verb: 'GET', kind: 'query', run: getGrayReleasePlan },
  { name: 'wxa/getversioninfo', verb: 'POST', kind: 'query', run: getVersionInfo },
  { name: 'wxa/getvisitstatus', verb: 'POST', kind: 'query', run: getVisitStatus },
  HISTORY,
  { name: 'wxa/security/get_code_privacy_info', verb: 'GET', kind: 'query', run: getPrivacyInfo },
  { name: 'wxa/speedupaudit', verb: 'POST', kind: 'change', run: speedUpAudit },
  { name: 'wxa/queryquota', verb: 'GET', kind: 'query', run: getAuditQuota },
  { name: 'cgi-bin/material/get_material', verb: 'POST', kind: 'query', run: getMaterial },
  ...DOMAIN_APIS,
  ...PRIVACY_APIS,
  ...INTERFACE_APIS,
  ...ACCOUNT_APIS,
  ...NEIGHBOUR_APIS,
];

export type ApiTable = ReadonlyMap<string, ApiDefinition>;

export function apiTable(more: readonly ApiDefinition[]): ApiTable {
  return new Map(
    [...API_TABLE, ...TEMPLATE_APIS, ...PLATFORM_DOMAIN_APIS, UPLOAD_API, PRIVACY_TEXT_API, ...more].map(
      (api) => [api.name, api],
    ),
  );
}

/** The API of a request; one path has two, distinguished by `action`. */
export function findApi(table: ApiTable, path: string, query: URLSearchParams): ApiDefinition | undefined {
  const api = table.get(path.slice(1));
  return api?.run === revertRelease && query.get('action') === 'get_history_version' ? HISTORY : api;
}

/** The API of a request with this body: one with an action in it is a query if that is `get`. */
export function withAction(api: ApiDefinition, body: string): ApiDefinition {
  return api.hasAction && /"action"\s*:\s*"get"/.test(body) ? { ...api, kind: 'query' } : api;
}
