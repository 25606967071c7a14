import { type AuditItem, problem, type RequestOf } from '@wxa/contracts';
import {
  type Check,
  characters,
  countCharacters,
  each,
  elements,
  field,
  manyLines,
  number,
  oneLine,
  type Rule,
  required,
} from '../checks.js';

const MAX_ITEMS = 5;
const MAX_MEDIA_IDS = 5;
const MAX_TAGS = 10;
const MAX_TAG = 20;
/** Further tags are not read, so that a long text does not become a million tags. */
const MAX_TAGS_READ = 100;

const tagsOf = (text: string): string[] => text.trim().split(/\s+/, MAX_TAGS_READ).filter(Boolean);

const fewTags: Check<string[]> = ({ length }) => {
  if (length <= MAX_TAGS) return undefined;
  const actual = `${length}${length === MAX_TAGS_READ ? ' or more' : ''}`;
  return problem('TOO_MANY_TAGS', { max: MAX_TAGS, actual });
};

const shortTags: Check<string[]> = (tags) => {
  const long = tags.filter((tag) => countCharacters(tag) > MAX_TAG);
  if (long.length === 0) return undefined;
  return problem('TAG_TOO_LONG', { max: MAX_TAG, actual: long.map(countCharacters).join(', ') });
};

const AUDIT_ITEM: Rule<AuditItem>[] = [
  field('address', (i) => i.address, oneLine),
  field('tag', (i) => tagsOf(i.tag), fewTags, shortTags),
  field('tag', (i) => i.tag, oneLine),
  field('title', (i) => i.title, characters(0, 32), oneLine),
  field('first_class', (i) => i.firstClass, required, oneLine),
  field('first_id', (i) => i.firstId, number(1)),
  field('second_class', (i) => i.secondClass, required, oneLine),
  field('second_id', (i) => i.secondId, number(1)),
  field('third_class', (i) => i.thirdClass, oneLine),
  field('third_id', (i) => i.thirdId, number(0)),
];

const noBar: Check<string> = (id) => (id.includes('|') ? problem('VERTICAL_BAR') : undefined);

/** WeChat receives all media ids in one text, separated by `|`. */
const mediaId: Rule<string> = field('', (id) => id, required, oneLine, noBar);

const nonNegative: Rule<number> = field('', (value) => value, number(0));

const texts = (lists: string[][]): string => lists.flat().join('');

/** The rules of SubmitAudit's request. */
export const SUBMIT_AUDIT_RULES: Rule<RequestOf<'SubmitAudit'>>[] = [
  field('items', (r) => r.items, elements(1, MAX_ITEMS)),
  each('items', (r) => r.items, MAX_ITEMS, ...AUDIT_ITEM),
  field('feedback_info', (r) => r.feedbackInfo, characters(0, 200), manyLines),
  field('feedback_media_ids', (r) => r.feedbackMediaIds, elements(0, MAX_MEDIA_IDS)),
  each('feedback_media_ids', (r) => r.feedbackMediaIds, MAX_MEDIA_IDS, mediaId),
  field('version_desc', (r) => r.versionDesc, manyLines),
  field('preview', (r) => texts([r.preview?.videoIds ?? [], r.preview?.pictureIds ?? []]), oneLine),
  each('ugc_declaration.scenes', (r) => r.ugcDeclaration?.scenes ?? [], Infinity, nonNegative),
  each('ugc_declaration.methods', (r) => r.ugcDeclaration?.methods ?? [], Infinity, nonNegative),
  field(
    'ugc_declaration.other_scene_desc',
    (r) => r.ugcDeclaration?.otherSceneDesc ?? '',
    characters(0, 256),
    manyLines,
  ),
  field(
    'ugc_declaration.audit_desc',
    (r) => r.ugcDeclaration?.auditDesc ?? '',
    characters(0, 256),
    manyLines,
  ),
  field('order_path', (r) => r.orderPath, oneLine),
];
