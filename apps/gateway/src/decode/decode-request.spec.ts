import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { expect, it } from '@jest/globals';
import {
  CodeManagementService,
  CommitRequest,
  CreateRolloutRequest,
  RolloutsService,
  SubmitAuditRequest,
} from '@wxa/contracts';
import { decodeRequest, lostInDecoding, RejectedRequest } from './decode-request.js';
import { MAX_BYTES, MAX_FIELDS } from './inspect-request.js';

type Rpc = { path: string; requestDeserialize(bytes: Buffer): object };
const { commit: COMMIT, submitAudit: SUBMIT, uploadAuditMedia: UPLOAD } = CodeManagementService;

/** The reason and the fields of the error if a request is rejected; undefined if it is decoded. */
function rejectionOf({ path, requestDeserialize }: Rpc, bytes: Uint8Array) {
  const request = decodeRequest(path, requestDeserialize)(Buffer.from(bytes));
  if (!(request instanceof RejectedRequest)) return undefined;
  const { reason, violations = [] } = request.error.facts;
  return { reason, fields: violations.map(({ field }) => field) };
}
/** The violations for which a Commit is rejected before or after it is decoded. */
function violationsOfCommit(bytes: Uint8Array) {
  const request = decodeRequest(COMMIT.path, COMMIT.requestDeserialize)(Buffer.from(bytes));
  return request instanceof RejectedRequest ? request.error.facts.violations : [...lostInDecoding(request)];
}

const field = (number: number, bytes: Uint8Array) =>
  new BinaryWriter()
    .uint32(number * 8 + 2)
    .bytes(bytes)
    .finish();
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const submit = (fields: object) => SubmitAuditRequest.encode(SubmitAuditRequest.fromJSON(fields)).finish();
const commit = (ext: object) =>
  CommitRequest.encode({ ...CommitRequest.create(), extConfig: { $case: 'ext', value: ext } }).finish();

const items = [{ tag: '标 签', firstId: 1 }, {}];
const whole = { appid: 'wx', items, preview: { videoIds: ['v'] }, ugcDeclaration: { scenes: [1, 300] } };
const file = field(2, Buffer.alloc(2 * MAX_BYTES));

it.each<[string, Rpc, Uint8Array]>([
  ['lists and messages', SUBMIT, submit(whole)],
  ['a Struct', COMMIT, commit({ ext: { a: [1, null, 'x', true, {}, []], 名: '' } })],
  ['no field', COMMIT, Buffer.alloc(0)],
  ['a text with an emoji and an escaped U+0000', COMMIT, field(4, Buffer.from('{"a":"小程序🎉\\u0000"}'))],
  ['a file, which may be longer than a message', UPLOAD, file],
])('decodeRequest decodes a request with %s', (_, rpc, bytes) => {
  expect(rejectionOf(rpc, bytes)).toBe(undefined);
});

const many = MAX_FIELDS + 2;
const scenes = { ugcDeclaration: { scenes: Array(many).fill(0) } };
const times = (bytes: string) => Buffer.alloc(2 * (MAX_FIELDS + 1), hex(bytes));
const long = { appid: 'wx', feedbackInfo: 'x'.repeat(MAX_BYTES), versionDesc: 'y' };

it.each<[string, string, Rpc, Uint8Array]>([
  ['too many elements of a list', 'items', SUBMIT, submit({ items: Array(many).fill({}) })],
  ['too many fields in a list', 'items', SUBMIT, submit({ items: Array(many / 2).fill({ tag: 'a' }) })],
  ['too many packed numbers', 'ugc_declaration.scenes', SUBMIT, submit(scenes)],
  ['too many values of a Struct', 'ext', COMMIT, commit({ a: { b: Array(many).fill(1) } })],
  ['a text that is repeated too often', 'appid', SUBMIT, times('0a00')],
  ['a message that is repeated too often', 'preview', SUBMIT, times('3a00')],
  ['too many unknown fields', '', SUBMIT, times('7800')],
  ['a length above the limit, by its largest field', 'feedback_info', SUBMIT, submit(long)],
])('decodeRequest rejects %s and names %s', (_, name, rpc, bytes) => {
  expect(rejectionOf(rpc, bytes)).toEqual({ reason: 'INVALID_REQUEST', fields: [name] });
});

it('The targets of a rollout do not count towards the length of a request, its other fields do', () => {
  const rpc = RolloutsService.createRollout;
  const appids = Array.from({ length: 100_000 }, (_, i) => `wx${String(i).padStart(16, '0')}`);
  const create = (extJson: string) =>
    CreateRolloutRequest.encode(
      CreateRolloutRequest.fromJSON({ spec: { extJson }, selection: { appids: { appids } } }),
    ).finish();
  expect(rejectionOf(rpc, create(''))).toBe(undefined);
  const rejected = { reason: 'INVALID_REQUEST', fields: ['spec'] };
  expect(rejectionOf(rpc, create('x'.repeat(MAX_BYTES + 1)))).toEqual(rejected);
});

it('decodeRequest rejects a Struct of more than 32 levels and names its field', () => {
  const nested = (levels: number, innermost: unknown, around: (value: unknown) => unknown) =>
    Array.from({ length: levels - 1 }).reduce(around, innermost) as object;
  const objects = (levels: number) => nested(levels, {}, (value) => ({ a: value }));
  const lists = (levels: number) => ({ a: nested(levels - 1, [], (value) => [value]) });
  const description = 'objects and lists must be nested at most 32 levels deep';
  for (const value of [objects, lists]) {
    expect(violationsOfCommit(commit(value(32)))).toEqual([]);
    expect(violationsOfCommit(commit(value(33)))).toMatchObject([{ field: 'ext', description }]);
    expect(violationsOfCommit(commit(value(500)))).toMatchObject([{ field: 'ext', description }]);
  }
});

it('lostInDecoding returns a violation for every Struct member that the decoder drops', () => {
  const member = (name: string, value: Uint8Array) =>
    field(1, Buffer.concat([field(1, Buffer.from(name)), value]));
  const struct = (...members: Uint8Array[]) => field(5, Buffer.concat(members));
  const unset = member('unset', field(2, hex('')));
  const inner = struct(unset, member('__proto__', field(2, field(3, hex('61')))));
  const ext = struct(
    ...[member('whole', field(2, hex('2001'))), unset, member('absent', hex(''))],
    ...[member('unknown', field(2, hex('78 01'))), member('in', field(2, inner))],
  );
  expect(violationsOfCommit(ext)).toMatchObject([
    ...['unset', 'absent', 'unknown', 'in.unset'].map((name) => ({
      ...{ field: `ext.${name}`, description: 'has no value' },
    })),
    { field: 'ext.in.__proto__', description: 'this name is not allowed' },
  ]);
});

const gbk = Buffer.from('d0a1b3ccd0f2', 'hex');
const at = (number: number) => (bytes: Uint8Array) => field(number, bytes);
const [one, two, three, five, six] = [at(1), at(2), at(3), at(5), at(6)] as const;
const ext = (value: Uint8Array) => five(one(Buffer.concat([one(Buffer.from('a')), two(value)])));
const oddName = five(one(Buffer.concat([one(gbk), two(hex('0800'))])));

it.each<[string, Rpc, Uint8Array]>([
  ['ext_json', COMMIT, field(4, gbk)],
  ['ext_json', COMMIT, field(4, Buffer.from('eda080', 'hex'))],
  ['ext', COMMIT, oddName],
  ['ext.a', COMMIT, ext(three(gbk))],
  ['ext.a[0]', COMMIT, ext(six(one(three(gbk))))],
  ['items[1].title', SUBMIT, Buffer.concat([three(hex('')), three(three(gbk))])],
  ['feedback_media_ids[0]', SUBMIT, five(gbk)],
])('decodeRequest rejects text of %s that is not valid UTF-8', (name, rpc, bytes) => {
  expect(rejectionOf(rpc, bytes)).toEqual({ reason: 'MALFORMED_MESSAGE', fields: [name] });
});

const nul = Buffer.of(0x61, 0);

it.each<[string, Rpc, Uint8Array]>([
  ['ext_json', COMMIT, field(4, nul)],
  ['ext.a\\u0000', COMMIT, five(one(Buffer.concat([one(nul), two(hex('0800'))])))],
  ['ext.a[0]', COMMIT, ext(six(one(three(nul))))],
  ['items[1].title', SUBMIT, Buffer.concat([three(hex('')), three(three(nul))])],
  ['feedback_media_ids[0]', SUBMIT, five(nul)],
  ['filter.reason', RolloutsService.skipRolloutTargets, at(2)(at(4)(nul))],
])('decodeRequest rejects text of %s with U+0000', (name, rpc, bytes) => {
  expect(rejectionOf(rpc, bytes)).toEqual({ reason: 'INVALID_REQUEST', fields: [name] });
});

it('decodeRequest names every text with U+0000, up to 100', () => {
  const [tags, title] = [Array(120).fill('a\0'), 'b\0'];
  const bytes = submit({ items: [{ title }, { title }], feedbackMediaIds: tags });
  const fields = rejectionOf(SUBMIT, bytes)?.fields;
  expect(fields?.slice(0, 3)).toEqual(['items[0].title', 'items[1].title', 'feedback_media_ids[0]']);
  expect(fields).toHaveLength(100);
});

it.each([
  ['a message shorter than its length', '1a 05 0a'],
  ['a nested message that exceeds the outer one', '3a 02 0a 03 61 61 61'],
  ['a text that exceeds its message', '3a 03 0a 03 61 61 61'],
  ['a packed number that exceeds its list', '42 03 0a 01 80 00'],
  ['an unterminated number', '48 80'],
  ['a field with number 0', '00 00'],
  ['an unknown wire type', '0e 00'],
  ['a group', '7b 7c'],
  ['an end-group tag', '7c'],
])('decodeRequest rejects %s as malformed', (_what, bytes) => {
  expect(rejectionOf(SUBMIT, hex(bytes))).toEqual({ reason: 'MALFORMED_MESSAGE', fields: [] });
});
