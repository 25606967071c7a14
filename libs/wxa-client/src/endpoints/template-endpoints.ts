import { instant, int32, integer, type JsonObject, objects, saysOk, text } from '../wechat-json.js';
import type { Done } from '../wxa-result.js';
import { API } from './api.js';
import { type Endpoint, type NoRequest, readDone } from './endpoint.js';

/** Where code of the library comes from; empty and undefined where WeChat does not say. */
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
  /** The draft it was made from; 0 where WeChat does not say. */
  draftId: bigint;
  /** 0 ordinary, 1 standard. */
  templateType: number;
}

/** All types where none is given. */
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

export const addTemplate: Endpoint<{ draftId: bigint; templateType?: number }, Done> = {
  api: API.addTemplate,
  body: ({ draftId, templateType }) => ({ draft_id: draftId, template_type: templateType }),
  read: readDone,
};

export const deleteTemplate: Endpoint<{ templateId: bigint }, Done> = {
  api: API.deleteTemplate,
  body: ({ templateId }) => ({ template_id: templateId }),
  read: readDone,
};
