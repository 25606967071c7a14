import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from '@jest/globals';
import {
  CodeManagementService,
  CommitRequest,
  CreateRolloutRequest,
  RolloutsService,
  SubmitAuditRequest,
} from '@wxa/contracts';
import { decodeRequest, lostInDecoding, RejectedRequest } from './decode-request.js';
import { MAX_BYTES, MAX_FIELDS } from './inspect-request.js';

/** The reason and the fields of the error if a request is rejected; undefined if it is decoded. */
const rejectionBy =
  ({ path, requestDeserialize }: { path: string; requestDeserialize(bytes: Buffer): object }) =>
  (bytes: Uint8Array) => {
    const request = decodeRequest(path, requestDeserialize)(Buffer.from(bytes));
    if (!(request instanceof RejectedRequest)) return undefined;
    const { reason, violations = [] } = request.error.facts;
    return { reason, fields: violations.map(({ field }) => field) };
  };
const rejectionOfCommit = rejectionBy(CodeManagementService.commit);
const { path, requestDeserialize } = CodeManagementService.commit;
/** The violations for which a Commit is rejected before or after it is decoded. */
const violationsOfCommit = (bytes: Uint8Array) => {
  const request = decodeRequest(path, requestDeserialize)(Buffer.from(bytes));
  return request instanceof RejectedRequest ? request.error.facts.violations : [...lostInDecoding(request)];
};
const rejectionOfSubmit = rejectionBy(CodeManagementService.submitAudit);
const rejectionOfUpload = rejectionBy(CodeManagementService.uploadAuditMedia);

const writer = () => new BinaryWriter();
const field = (number: number, bytes: Uint8Array) =>
  writer()
    .uint32(number * 8 + 2)
    .bytes(bytes)
    .finish();
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const submit = (fields: object) => SubmitAuditRequest.encode(SubmitAuditRequest.fromJSON(fields)).finish();
const commit = (ext: object) =>
  CommitRequest.encode({ ...CommitRequest.create(), extConfig: { $case: 'ext', value: ext } }).finish();

describe('decodeRequest', () => {
  it('decodeRequest decodes valid requests', () => {
    const items = [{ tag: '标 签', firstId: 1 }, {}];
    const request = {
      appid: 'wx',
      items,
      preview: { videoIds: ['v'] },
      ugcDeclaration: { scenes: [1, 300] },
    };
    expect(rejectionOfSubmit(submit(request))).toBe(undefined);
    const ext = { ext: { a: [1, null, 'x', true, {}, []], 名: '' } };
    expect(rejectionOfCommit(commit(ext))).toBe(undefined);
    expect(rejectionOfCommit(Buffer.alloc(0))).toBe(undefined);
  });

  it('decodeRequest rejects too many list elements and names the outermost list', () => {
    const many = MAX_FIELDS + 2;
    const rejected = (fields: string) => ({ reason: 'INVALID_REQUEST', fields: [fields] });
    expect(rejectionOfSubmit(submit({ items: Array(many).fill({}) }))).toEqual(rejected('items'));
    expect(rejectionOfSubmit(submit({ items: Array(many / 2).fill({ tag: 'a' }) }))).toEqual(
      rejected('items'),
    );
    const ugcDeclaration = { scenes: Array(many).fill(0) };
    expect(rejectionOfSubmit(submit({ ugcDeclaration }))).toEqual(rejected('ugc_declaration.scenes'));
    expect(rejectionOfCommit(commit({ a: { b: Array(many).fill(1) } }))).toEqual(rejected('ext'));
  });

  it('decodeRequest counts repeated and unknown fields towards the limit of fields', () => {
    const times = (bytes: Buffer) => Buffer.alloc(bytes.length * (MAX_FIELDS + 1), bytes);
    const rejected = (field: string) => ({ reason: 'INVALID_REQUEST', fields: [field] });
    expect(rejectionOfSubmit(times(hex('0a00')))).toEqual(rejected('appid'));
    expect(rejectionOfSubmit(times(hex('3a00')))).toEqual(rejected('preview'));
    expect(rejectionOfSubmit(times(hex('7800')))).toEqual(rejected(''));
  });

  it('decodeRequest rejects a request that is too long, names its largest field, and ignores file content', () => {
    const long = { appid: 'wx', feedbackInfo: 'x'.repeat(MAX_BYTES), versionDesc: 'y' };
    const fields = ['feedback_info'];
    expect(rejectionOfSubmit(submit(long))).toEqual({ reason: 'INVALID_REQUEST', fields });
    expect(rejectionOfUpload(field(2, Buffer.alloc(2 * MAX_BYTES)))).toBe(undefined);
  });

  it('The targets of a rollout do not count towards the length of a request, its other fields do', () => {
    const rejectionOf = rejectionBy(RolloutsService.createRollout);
    const appids = Array.from({ length: 100_000 }, (_, i) => `wx${String(i).padStart(16, '0')}`);
    const create = (extJson: string) =>
      CreateRolloutRequest.encode(
        CreateRolloutRequest.fromJSON({ spec: { extJson }, selection: { appids: { appids } } }),
      ).finish();
    expect(rejectionOf(create(''))).toBe(undefined);
    const rejected = { reason: 'INVALID_REQUEST', fields: ['spec'] };
    expect(rejectionOf(create('x'.repeat(MAX_BYTES + 1)))).toEqual(rejected);
  });

  it('decodeRequest rejects a Struct of more than 32 levels and names its field', () => {
    const nested = (levels: number, innermost: unknown, around: (value: unknown) => unknown) =>
      Array.from({ length: levels - 1 }).reduce(around, innermost) as object;
    const objects = (levels: number) => nested(levels, {}, (value) => ({ a: value }));
    const lists = (levels: number) => ({ a: nested(levels - 1, [], (value) => [value]) });
    const violations = [
      { field: 'ext', description: 'objects and lists must be nested at most 32 levels deep' },
    ];
    for (const value of [objects, lists]) {
      expect(violationsOfCommit(commit(value(32)))).toEqual([]);
      expect(violationsOfCommit(commit(value(33)))).toEqual(violations);
      expect(violationsOfCommit(commit(value(500)))).toEqual(violations);
    }
  });

  it('lostInDecoding returns a violation for every Struct member that the decoder drops', () => {
    const member = (name: string, value: Uint8Array) =>
      field(1, Buffer.concat([field(1, Buffer.from(name)), value]));
    const struct = (...members: Uint8Array[]) => field(5, Buffer.concat(members));
    const ext = struct(
      member('whole', field(2, hex('2001'))),
      member('unset', field(2, hex(''))),
      member('absent', hex('')),
      member('unknown', field(2, hex('78 01'))),
      member(
        'in',
        field(
          2,
          struct(member('unset', field(2, hex(''))), member('__proto__', field(2, field(3, hex('61'))))),
        ),
      ),
    );
    expect(violationsOfCommit(ext)).toEqual([
      { field: 'ext.unset', description: 'has no value' },
      { field: 'ext.absent', description: 'has no value' },
      { field: 'ext.unknown', description: 'has no value' },
      { field: 'ext.in.unset', description: 'has no value' },
      { field: 'ext.in.__proto__', description: 'this name is not allowed' },
    ]);
  });

  it('decodeRequest rejects text that is not valid UTF-8 and names its field', () => {
    const gbk = Buffer.from('d0a1b3ccd0f2', 'hex');
    const at = (number: number) => (bytes: Uint8Array) => field(number, bytes);
    const [one, two, three, five, six] = [at(1), at(2), at(3), at(5), at(6)] as const;
    const ext = (value: Uint8Array) => five(one(Buffer.concat([one(Buffer.from('a')), two(value)])));
    const rejected = (name: string) => ({ reason: 'MALFORMED_MESSAGE', fields: [name] });
    expect(rejectionOfCommit(field(4, gbk))).toEqual(rejected('ext_json'));
    expect(rejectionOfCommit(field(4, Buffer.from('eda080', 'hex')))).toEqual(rejected('ext_json'));
    expect(rejectionOfCommit(five(one(Buffer.concat([one(gbk), two(hex('0800'))]))))).toEqual(
      rejected('ext'),
    );
    expect(rejectionOfCommit(ext(three(gbk)))).toEqual(rejected('ext.a'));
    expect(rejectionOfCommit(ext(six(one(three(gbk)))))).toEqual(rejected('ext.a[0]'));
    expect(rejectionOfSubmit(Buffer.concat([three(hex('')), three(three(gbk))]))).toEqual(
      rejected('items[1].title'),
    );
    expect(rejectionOfSubmit(five(gbk))).toEqual(rejected('feedback_media_ids[0]'));
    expect(rejectionOfCommit(field(4, Buffer.from('{"a":"小程序🎉\u0000"}')))).toBe(undefined);
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
    expect(rejectionOfSubmit(hex(bytes))).toEqual({ reason: 'MALFORMED_MESSAGE', fields: [] });
  });
});
