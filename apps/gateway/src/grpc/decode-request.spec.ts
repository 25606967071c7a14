import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from '@jest/globals';
import { CodeManagementService, CommitRequest, SubmitAuditRequest } from '@wxa/contracts';
import { decodeRequest, lostInDecoding, RejectedRequest } from './decode-request.js';
import { MAX_BYTES, MAX_FIELDS } from './inspect-request.js';

/** The reason that a request is refused for, and the fields that are named; undefined if it is decoded. */
const refusalBy =
  ({ path, requestDeserialize }: { path: string; requestDeserialize(bytes: Buffer): object }) =>
  (bytes: Uint8Array) => {
    const request = decodeRequest(path, requestDeserialize)(Buffer.from(bytes));
    if (!(request instanceof RejectedRequest)) return undefined;
    const { reason, violations = [] } = request.error.facts;
    return { reason, fields: violations.map(({ field }) => field) };
  };
const refusalOfCommit = refusalBy(CodeManagementService.commit);
const { path, requestDeserialize } = CodeManagementService.commit;
/** Those that a Commit is refused for at once, or has when it is checked. */
const violationsOfCommit = (bytes: Uint8Array) => {
  const request = decodeRequest(path, requestDeserialize)(Buffer.from(bytes));
  return request instanceof RejectedRequest ? request.error.facts.violations : [...lostInDecoding(request)];
};
const refusalOfSubmit = refusalBy(CodeManagementService.submitAudit);
const refusalOfUpload = refusalBy(CodeManagementService.uploadAuditMedia);

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
  it('decodes a request as clients send it', () => {
    const items = [{ tag: '标 签', firstId: 1 }, {}];
    const request = {
      appid: 'wx',
      items,
      preview: { videoIds: ['v'] },
      ugcDeclaration: { scenes: [1, 300] },
    };
    expect(refusalOfSubmit(submit(request))).toBe(undefined);
    const ext = { ext: { a: [1, null, 'x', true, {}, []], 名: '' } };
    expect(refusalOfCommit(commit(ext))).toBe(undefined);
    expect(refusalOfCommit(Buffer.alloc(0))).toBe(undefined);
  });

  it('names the outermost list that has too many elements', () => {
    const many = MAX_FIELDS + 2;
    const refused = (fields: string) => ({ reason: 'INVALID_REQUEST', fields: [fields] });
    expect(refusalOfSubmit(submit({ items: Array(many).fill({}) }))).toEqual(refused('items'));
    expect(refusalOfSubmit(submit({ items: Array(many / 2).fill({ tag: 'a' }) }))).toEqual(refused('items'));
    const ugcDeclaration = { scenes: Array(many).fill(0) };
    expect(refusalOfSubmit(submit({ ugcDeclaration }))).toEqual(refused('ugc_declaration.scenes'));
    expect(refusalOfCommit(commit({ a: { b: Array(many).fill(1) } }))).toEqual(refused('ext'));
  });

  it('counts a field that is given again, and one that is unknown', () => {
    const times = (bytes: Buffer) => Buffer.alloc(bytes.length * (MAX_FIELDS + 1), bytes);
    const refused = (field: string) => ({ reason: 'INVALID_REQUEST', fields: [field] });
    expect(refusalOfSubmit(times(hex('0a00')))).toEqual(refused('appid'));
    expect(refusalOfSubmit(times(hex('3a00')))).toEqual(refused('preview'));
    expect(refusalOfSubmit(times(hex('7800')))).toEqual(refused(''));
  });

  it('names the largest field of a request that is too long, and takes a file of any length', () => {
    const long = { appid: 'wx', feedbackInfo: 'x'.repeat(MAX_BYTES), versionDesc: 'y' };
    const fields = ['feedback_info'];
    expect(refusalOfSubmit(submit(long))).toEqual({ reason: 'INVALID_REQUEST', fields });
    expect(refusalOfUpload(field(2, Buffer.alloc(2 * MAX_BYTES)))).toBe(undefined);
  });

  it('refuses a Struct of over 32 levels by the name of its field', () => {
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

  it('keeps what the decoder drops from a Struct as violations of the request', () => {
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

  it('refuses text that is not UTF-8 and names its field', () => {
    const gbk = Buffer.from('d0a1b3ccd0f2', 'hex');
    const at = (number: number) => (bytes: Uint8Array) => field(number, bytes);
    const [one, two, three, five, six] = [at(1), at(2), at(3), at(5), at(6)] as const;
    const ext = (value: Uint8Array) => five(one(Buffer.concat([one(Buffer.from('a')), two(value)])));
    const refused = (name: string) => ({ reason: 'MALFORMED_MESSAGE', fields: [name] });
    expect(refusalOfCommit(field(4, gbk))).toEqual(refused('ext_json'));
    expect(refusalOfCommit(field(4, Buffer.from('eda080', 'hex')))).toEqual(refused('ext_json'));
    expect(refusalOfCommit(five(one(Buffer.concat([one(gbk), two(hex('0800'))]))))).toEqual(refused('ext'));
    expect(refusalOfCommit(ext(three(gbk)))).toEqual(refused('ext.a'));
    expect(refusalOfCommit(ext(six(one(three(gbk)))))).toEqual(refused('ext.a[0]'));
    expect(refusalOfSubmit(Buffer.concat([three(hex('')), three(three(gbk))]))).toEqual(
      refused('items[1].title'),
    );
    expect(refusalOfSubmit(five(gbk))).toEqual(refused('feedback_media_ids[0]'));
    expect(refusalOfCommit(field(4, Buffer.from('{"a":"小程序🎉\u0000"}')))).toBe(undefined);
  });

  it.each([
    ['a message that ends before its length', '1a 05 0a'],
    ['an inner message that reaches beyond the outer one', '3a 02 0a 03 61 61 61'],
    ['a text that reaches beyond its message', '3a 03 0a 03 61 61 61'],
    ['a packed number that reaches beyond its list', '42 03 0a 01 80 00'],
    ['a number that does not end', '48 80'],
    ['a field of number 0', '00 00'],
    ['a wire type that there is not', '0e 00'],
    ['a group', '7b 7c'],
    ['the end of a group', '7c'],
  ])('refuses %s', (_what, bytes) => {
    expect(refusalOfSubmit(hex(bytes))).toEqual({ reason: 'MALFORMED_MESSAGE', fields: [] });
  });
});
