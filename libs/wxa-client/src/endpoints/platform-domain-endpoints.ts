import { type JsonObject, saysOk, text } from '../transport/wechat-json.js';
import { API, type Endpoint, type NoRequest } from './endpoint.js';

/** One list of domains that the mini-programs of the platform may use, without schemes. */
export interface PlatformDomains {
  /** For the published platform; empty if WeChat does not return it, as for a platform that is not published. */
  published: string[];
  /** For its test version. */
  testing: string[];
}

export interface SetPlatformDomainsRequest {
  /** The whole list, without schemes. */
  domains: string[];
  /** False changes the list of the test version only. */
  publishedToo: boolean;
}

export interface SetPlatformDomainsResult extends PlatformDomains {
  /** The domains that WeChat refused. */
  invalid: string[];
}

const SERVER = 'wxa_server_domain';
const WEBVIEW = 'wxa_jump_h5_domain';

/**
 * Returns the server domains that the platform has registered. Takes the component token, as all calls of this file.
 * Source: ../../thirdparty-management/domain-mgnt/api_modifythirdpartyserverdomain.html
 */
export const getPlatformServerDomains: Endpoint<NoRequest, PlatformDomains> = {
  api: API.getPlatformServerDomains,
  body: () => ({ action: 'get' }),
  read: (answer) => readLists(answer, SERVER),
};

/**
 * Replaces the platform's server domains, at most 1,000 (65316), at most 50 times a month (45104). 9410016 for an invalid
 * one. A domain that is removed disappears from each mini-program at its next release.
 * Source: ../../thirdparty-management/domain-mgnt/api_modifythirdpartyserverdomain.html
 */
export const setPlatformServerDomains: Endpoint<SetPlatformDomainsRequest, SetPlatformDomainsResult> = {
  api: API.setPlatformServerDomains,
  body: (request) => formatSet(request, SERVER),
  read: (answer) => readResult(answer, SERVER),
};

/**
 * Returns the web-view domains that the platform has registered.
 * Source: ../../thirdparty-management/domain-mgnt/api_modifythirdpartyjumpdomain.html
 */
export const getPlatformWebviewDomains: Endpoint<NoRequest, PlatformDomains> = {
  api: API.getPlatformWebviewDomains,
  body: () => ({ action: 'get' }),
  read: (answer) => readLists(answer, WEBVIEW),
};

/**
 * Replaces the platform's web-view domains, at most 300 (200 in older documents, 65316), at most 50 times a month (45104). The
 * file of `getPlatformDomainFile` must be at the root of each.
 * Source: ../../thirdparty-management/domain-mgnt/api_modifythirdpartyjumpdomain.html
 */
export const setPlatformWebviewDomains: Endpoint<SetPlatformDomainsRequest, SetPlatformDomainsResult> = {
  api: API.setPlatformWebviewDomains,
  body: (request) => formatSet(request, WEBVIEW),
  read: (answer) => readResult(answer, WEBVIEW),
};

function formatSet({ domains, publishedToo }: SetPlatformDomainsRequest, field: string): JsonObject {
  return { action: 'set', [field]: domains.join(';'), is_modify_published_together: publishedToo };
}

function readLists(answer: JsonObject, field: string): PlatformDomains | undefined {
  if (!saysOk(answer) && answer[`testing_${field}`] === undefined) return undefined;
  return { published: readList(answer[`published_${field}`]), testing: readList(answer[`testing_${field}`]) };
}

function readResult(answer: JsonObject, field: string): SetPlatformDomainsResult | undefined {
  const lists = readLists(answer, field);
  return lists && { ...lists, invalid: readList(answer[`invalid_${field}`]) };
}

function readList(value: unknown): string[] {
  return text(value).split(';').filter(Boolean);
}

/**
 * Returns the file that must be served at the root of each web-view domain of the platform. An absent body gives errcode 44002,
 * so `{}` is sent. Source: ../../thirdparty-management/domain-mgnt/api_getthirdpartyjumpdomainconfirmfile.html
 */
export const getPlatformDomainFile: Endpoint<NoRequest, { fileName: string; content: string }> = {
  api: API.getPlatformDomainFile,
  body: () => ({}),
  read: (answer) => {
    const fileName = text(answer.file_name);
    return fileName ? { fileName, content: text(answer.file_content) } : undefined;
  },
};
