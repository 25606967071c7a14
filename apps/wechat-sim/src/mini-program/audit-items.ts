import { z } from 'zod';
import type { Category, MiniProgram } from '../model/mini-program.js';

const MAX_ITEMS = 5;
const MAX_TAGS = 10;
const MAX_TAG_CHARACTERS = 20;
const MAX_TITLE_CHARACTERS = 32;
const MAX_TEXT_CHARACTERS = 200;
const MAX_VIDEOS = 1;
const MAX_PICTURES = 10;

const classes = z.looseObject({
  first_class: z.string().min(1),
  second_class: z.string().min(1),
  first_id: z.int().positive(),
  second_id: z.int().positive(),
});

const preview = z.looseObject({
  video_id_list: z.array(z.string()).default([]),
  pic_id_list: z.array(z.string()).default([]),
});

type Item = z.infer<typeof classes>;

/**
 * The errcode with which submit_audit rejects this body, or 0: 85023 number of items, 85010 an item without its
 * classes, 85006 tags, 85007 page, 85011 title, 85008
 * 85077 category, and for newer fields 85051, 85092, 85093, 85094.
 */
export function checkSubmission(app: MiniProgram, body: Record<string, unknown>): number {
  const items = body.item_list;
  if (!Array.isArray(items) || items.length < 1 || items.length > MAX_ITEMS) return 85023;
  for (const item of items) {
    const errcode = checkItem(app, item);
    if (errcode !== 0) return errcode;
  }
  if (!isTextUpTo(MAX_TEXT_CHARACTERS, body.feedback_info)) return 85051;
  return checkPreview(body.preview_info) || checkDeclaration(app, items, body.ugc_declare);
}

/** Required for the first audit only, and only in some categories. */
function checkDeclaration(app: MiniProgram, items: Item[], declaration: unknown): number {
  if (app.audits.length > 0 || !isAbsent(declaration)) return 0;
  return items.some((item) => categoryOf(app, item)?.ugc) ? 85094 : 0;
}

function checkItem(app: MiniProgram, value: unknown): number {
  const item = classes.safeParse(value);
  if (!item.success) return 85010;
  const { tag, address, title } = item.data;
  if (!isTags(tag)) return 85006;
  if (!isPage(app, address)) return 85007;
  if (!isTextUpTo(MAX_TITLE_CHARACTERS, title)) return 85011;
  return checkCategory(app, item.data);
}

function isTags(value: unknown): boolean {
  if (isAbsent(value)) return true;
  if (typeof value !== 'string') return false;
  const tags = value.split(' ').filter(Boolean);
  return tags.length <= MAX_TAGS && tags.every((tag) => [...tag].length <= MAX_TAG_CHARACTERS);
}

function isPage(app: MiniProgram, value: unknown): boolean {
  return isAbsent(value) || (typeof value === 'string' && (app.trial?.pages.includes(value) ?? false));
}

function isTextUpTo(limit: number, value: unknown): boolean {
  return isAbsent(value) || (typeof value === 'string' && [...value].length <= limit);
}

/** Empty means absent: several clients always send every field. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function checkCategory(app: MiniProgram, item: Item): number {
  const category = categoryOf(app, item);
  if (!category) return 85008;
  return category.delisted ? 85077 : 0;
}

function categoryOf(app: MiniProgram, item: Item): Category | undefined {
  return app.categories.find((known) => isSame(known, item));
}

function isSame(known: Category, item: Item): boolean {
  return (
    known.first_class === item.first_class &&
    known.second_class === item.second_class &&
    known.first_id === item.first_id &&
    known.second_id === item.second_id &&
    (known.third_class ?? '') === (item.third_class ?? '') &&
    (known.third_id ?? 0) === (item.third_id ?? 0)
  );
}

function checkPreview(value: unknown): number {
  if (value === undefined) return 0;
  const info = preview.safeParse(value);
  if (!info.success) return 85092;
  const { video_id_list: videos, pic_id_list: pictures } = info.data;
  return videos.length > MAX_VIDEOS || pictures.length > MAX_PICTURES ? 85093 : 0;
}
