import {
  type Done,
  instant,
  int32,
  integer,
  type JsonObject,
  objects,
  readDone,
  saysOk,
  text,
} from '../transport/wechat-json.js';
import { API, type Endpoint, type NoRequest } from './endpoint.js';

/** The origin of code in the library; empty or undefined if WeChat does not return it. */
interface Source {
  userVersion: string;
  userDesc: string;
  createdAt: Date | undefined;
  sourceAppid: string;
  sourceName: string;
}

export interface TemplateDraft extends Source {
  draftId: bigint;
  developer: string;
}

/**
 * Returns all drafts that developers uploaded to the platform. Takes the component token (else 61014), as the three calls
 * below. Source: ../../thirdparty-management/template-management/api_gettemplatedraftlist.html
 */
export const listDrafts: Endpoint<NoRequest, { drafts: TemplateDraft[] }> = {
  api: API.listDrafts,
  read: (answer) => {
    const drafts = objects(answer.draft_list)?.map(readDraft) ?? (saysOk(answer) ? [] : undefined);
    return drafts && { drafts };
  },
};

function readDraft(entry: JsonObject): TemplateDraft {
  return { ...readSource(entry), draftId: integer(entry.draft_id) ?? 0n, developer: text(entry.developer) };
}

export interface Template extends Source {
  templateId: bigint;
  /** The draft it was made from; 0 if WeChat does not return it. */
  draftId: bigint;
  /** 0 is an ordinary template, 1 a standard one. */
  templateType: number;
}

/**
 * Returns the platform's templates, of one type (0 ordinary, 1 standard) or all, at most 200. `commit` takes their ids.
 * Source: ../../thirdparty-management/template-management/api_gettemplatelist.html
 */
export const listTemplates: Endpoint<{ templateType?: number }, { templates: Template[] }> = {
  api: API.listTemplates,
  query: ({ templateType }) => ({ template_type: templateType?.toString() }),
  read: (answer) => {
    const templates = objects(answer.template_list)?.map(readTemplate) ?? (saysOk(answer) ? [] : undefined);
    return templates && { templates };
  },
};

function readTemplate(entry: JsonObject): Template {
  return {
    ...readSource(entry),
    templateId: integer(entry.template_id) ?? 0n,
    draftId: integer(entry.draft_id) ?? 0n,
    templateType: int32(entry.template_type),
  };
}

function readSource(entry: JsonObject): Source {
  return {
    userVersion: text(entry.user_version),
    userDesc: text(entry.user_desc),
    createdAt: instant(entry.create_time),
    sourceAppid: text(entry.source_miniprogram_appid),
    sourceName: text(entry.source_miniprogram),
  };
}

/**
 * Creates a template from a draft: type 0 ordinary (default), 1 standard. WeChat returns its id only in `listTemplates`. Not
 * idempotent: after an ambiguous result read that list first. 85064 for an unknown draft, 85065 if the library is full
 * (200).
 * Source: ../../thirdparty-management/template-management/api_addtotemplate.html
 */
export const addTemplate: Endpoint<{ draftId: bigint; templateType?: number }, Done> = {
  api: API.addTemplate,
  body: ({ draftId, templateType }) => ({ draft_id: draftId, template_type: templateType }),
  read: readDone,
};

/**
 * Deletes a template permanently; mini-programs with its code are not affected. 85064 for an unknown template, and so for a
 * duplicate. Source: ../../thirdparty-management/template-management/api_deletetemplate.html
 */
export const deleteTemplate: Endpoint<{ templateId: bigint }, Done> = {
  api: API.deleteTemplate,
  body: ({ templateId }) => ({ template_id: templateId }),
  read: readDone,
};
