import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CallbackElement, type CallbackEvent, toCallbackEvent } from './callback-event.js';
import { parseCallbackTree } from './callback-xml.js';

function eventOf(text: string, isWithoutContent?: (name: string) => boolean): CallbackEvent {
  const root = parseCallbackTree(text);
  if (root === undefined) throw new Error(`not a callback: ${text.slice(0, 80)}`);
  return toCallbackEvent(root, isWithoutContent);
}
const xml = (content: string) => eventOf(`<xml>${content}</xml>`);
const text = (name: string, of: string): CallbackElement => ({ name, text: of, elements: [] });

const message = `<ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName>
  <CreateTime>1790000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[ 1.10 ]]></Content>
  <MsgId>23456789012345678901</MsgId>`;

it('A message has its ids, its time and all of its texts, with every digit and blank', () => {
  expect(xml(message)).toEqual({
    ...{ kind: 'MESSAGE', name: 'text', appid: undefined, originalId: 'gh_1', fromUser: 'o1' },
    ...{ messageId: '23456789012345678901', createdAt: new Date(1_790_000_000_000) },
    fields: {
      ...{ ToUserName: 'gh_1', FromUserName: 'o1', CreateTime: '1790000000', MsgType: 'text' },
      ...{ Content: ' 1.10 ', MsgId: '23456789012345678901' },
    },
    ...{ elements: [], removed: [], isTruncated: false },
  });
});

it.each([
  ['<MsgType>event</MsgType><Event>kf_create_session</Event>', 'EVENT', 'kf_create_session'],
  ['<Event>subscribe</Event>', 'EVENT', 'subscribe'],
  ['<MsgType>image</MsgType>', 'MESSAGE', 'image'],
  ['<InfoType>notify_third_fasteregister</InfoType>', 'AUTHORIZATION', 'notify_third_fasteregister'],
])('A callback with %s has the kind %s and the name %s', (content, kind, name) => {
  expect(xml(content)).toMatchObject({ kind, name });
});

it('The mini-program of an authorization is the one that its body names, and not the platform', () => {
  const of = (content: string) => xml(`<InfoType>i</InfoType><AppId>wxplatform</AppId>${content}`).appid;
  for (const name of ['AuthorizerAppid', 'authorizer_appid', 'appid'])
    expect(of(`<${name}>wx0123456789abcdef</${name}>`)).toBe('wx0123456789abcdef');
  expect(of('<appid>wx1</appid>')).toBe(undefined);
});

it('Blanks at both ends are removed outside CDATA only, and entities are resolved there once', () => {
  const { fields } = xml('<a> &amp;lt;&#65; </a><b> x<![CDATA[ &lt; ]]> y </b><c/><d><!-- no -->1<?no?></d>');
  expect(fields).toEqual({ a: '&lt;A', b: 'x &lt;  y', c: '', d: '1' });
});

it('An element that is nested or repeated is in elements whatever its number, and the first text also in fields', () => {
  const { fields, elements } = xml('<a>1</a><l> <i>2</i> <i>3</i> </l><b x="y">4</b><b>5</b>');
  expect(fields).toEqual({ a: '1', b: '4' });
  const list = { name: 'l', text: '', elements: [text('i', '2'), text('i', '3')] };
  expect(elements).toEqual([list, text('b', '4'), text('b', '5')]);
  expect(xml('<l><i>2</i></l>').elements).toEqual([{ name: 'l', text: '', elements: [text('i', '2')] }]);
});

it('A text with the name __proto__ is an element, because no codec takes it as a field', () => {
  const { fields, elements } = xml('<__proto__>1</__proto__><constructor>2</constructor>');
  expect([Object.keys(fields), elements]).toEqual([['__proto__', 'constructor'], [text('__proto__', '1')]]);
});

it('A JSON callback maps as XML does: an array is a repeated name, and numbers keep their digits', () => {
  const json = `{"MsgType":"event","Event":"order","MsgId":23456789012345678901,"price":1.10,"none":null,"is":true,
    "list":[{"id":1},{"id":[2,[3]]}],"one":{"a":"<&> "},"pair":["x","y"],"half":"\\ud83d"}`;
  const { kind, name, messageId, fields, elements } = eventOf(json);
  expect({ kind, name, messageId }).toEqual({
    ...{ kind: 'EVENT', name: 'order', messageId: '23456789012345678901' },
  });
  expect(fields).toMatchObject({ price: '1.10', none: '', is: 'true', pair: 'x', half: '\ufffd' });
  const inner = { name: 'id', text: '', elements: [text('id', '3')] };
  expect(elements).toEqual([
    { name: 'list', text: '', elements: [text('id', '1')] },
    { name: 'list', text: '', elements: [text('id', '2'), inner] },
    { name: 'one', text: '', elements: [text('a', '<&> ')] },
    ...[text('pair', 'x'), text('pair', 'y')],
  ]);
});

it('The texts of secrets are removed at every level, and their names are listed once', () => {
  const secrets = ['AuthorizationCode', 'auth_code', 'access_Token', 'AppSecret', 'session_key'];
  const all = secrets.map((name) => `<${name}>secret-text</${name}>`).join('');
  const deep = `${'<n>'.repeat(40)}${all}kept${'</n>'.repeat(40)}`;
  const event = xml(`${all}<empty_token/><PreAuthCode>kept</PreAuthCode><Ticket>kept</Ticket><in>${all}</in>
    <WholeToken><x>secret-text</x></WholeToken>${deep}`);
  expect(event.removed).toEqual([...secrets, 'WholeToken']);
  expect(JSON.stringify(event)).not.toContain('secret-text');
  expect(JSON.stringify(event).match(/kept/g)).toHaveLength(3);
  expect(event.fields.auth_code).toBe('');
  expect(event.elements).toContainEqual(text('WholeToken', ''));
});

it('Below 32 levels, the text of the rest is the text of the last', () => {
  const levels = (depth: number) => {
    let at: CallbackElement | undefined = xml(`${'<a>'.repeat(depth)}x<b>y</b>z${'</a>'.repeat(depth)}`)
      .elements[0];
    for (let level = 1; level < 32; level++) at = at?.elements[0];
    return at;
  };
  expect(levels(31)).toEqual(text('b', 'y'));
  for (const depth of [32, 99]) expect(levels(depth)).toEqual(text('a', 'xyz'));
});

it('An event without its content says who wrote when to whom', () => {
  const { fields, elements, originalId } = eventOf(
    `<xml>${message}<l><i>1</i></l></xml>`,
    (name) => name === 'text',
  );
  expect(Object.keys(fields)).toEqual(['ToUserName', 'FromUserName', 'CreateTime', 'MsgType', 'MsgId']);
  expect([elements, originalId]).toEqual([[], 'gh_1']);
});

const KIB = 1024;
const long = (name: string, kib: number) => `<${name}>${'长'.repeat((kib * KIB) / 3)}</${name}>`;

it('An event over 800 KiB has no elements, then not the longest of the fields over 1 KiB, and always its short ones', () => {
  const small = '<MsgType>text</MsgType><s>1</s>';
  const nested = xml(`${small}${long('a', 300)}<l><i>${'x'.repeat(600 * KIB)}</i></l>`);
  expect([nested.isTruncated, nested.elements, Object.keys(nested.fields)]).toEqual([
    ...[true, [], ['MsgType', 's', 'a']],
  ]);
  const large = xml(`${small}${long('a', 100)}${long('b', 500)}${long('c', 400)}`);
  expect([large.isTruncated, Object.keys(large.fields)]).toEqual([true, ['MsgType', 's', 'a', 'c']]);
  const fits = xml(`${small}${long('a', 700)}`);
  expect([fits.isTruncated, Object.keys(fits.fields)]).toEqual([false, ['MsgType', 's', 'a']]);
});

it.each<[string, (i: number) => string]>([
  ['short fields', (i: number) => `<a${i}/>`],
  ['names of secrets', (i: number) => `<a${i}token>1</a${i}token>`],
  ['a name', () => '<Event>x</Event>'.replace('x', 'x'.repeat(1_000_000))],
])('An event of 1 MiB of %s fits into a Kafka message', (_what, part) => {
  let content = '<MsgType>event</MsgType>';
  for (let i = 0; content.length < MIB - 30; i++) content += part(i).slice(0, MIB - content.length);
  const whole = content.slice(0, content.lastIndexOf('><') + 1);
  const event = parseCallbackTree(`<xml>${whole}</xml>`);
  if (event !== undefined)
    expect(Buffer.byteLength(JSON.stringify(toCallbackEvent(event)))).toBeLessThan(850 * KIB);
});

const MIB = KIB * KIB;
const filled = (part: string, close = '') => {
  const count = Math.floor((MIB - 20) / (part.length + close.length));
  return `<xml>${part.repeat(count)}${close.repeat(count)}</xml>`;
};

it.each([
  ['nested tags', filled('<a>', '</a>')],
  ['99 nested tags', `<xml>${'<a>'.repeat(99)}${'<b/>'.repeat(200_000)}${'</a>'.repeat(99)}</xml>`],
  ['empty tags', filled('<a/>')],
  ['named tags', filled('<a>x</a>')],
  ['entities', filled('&#65;')],
  ['60,000 entities in a field', `<xml><a>${'&#65;'.repeat(60_000)}</a></xml>`],
  ['CDATA', filled('<![CDATA[x]]>')],
  ['open CDATA', filled('<![CDATA[')],
  ['comments', filled('<!---->')],
  ['open comments', filled('<!--')],
  ['open tags', filled('<a>')],
  ['angle brackets', filled('<')],
  ['attributes', `<xml><a${' b="c"'.repeat(150_000)}/></xml>`],
  ['blanks in a tag', `<xml><a${' '.repeat(MIB - 20)}</xml>`],
  ['blanks', filled(' ')],
  ['ampersands', filled('&')],
  ['control characters', `<xml><a><![CDATA[${'\u0001'.repeat(MIB - 40)}]]></a></xml>`],
  ['JSON', `{"a":[${'{"b":1},'.repeat(100_000)}1]}`],
  ['nested JSON', `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`],
])('1 MiB of %s costs little, and its event fits into a Kafka message or it is rejected', (_what, body) => {
  const before = process.threadCpuUsage();
  const root = parseCallbackTree(body);
  const event = root && toCallbackEvent(root);
  // 500 ms are allowed; twice that tolerates a machine that does other things.
  expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000);
  if (event !== undefined) expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(850 * KIB);
});

interface Tree {
  name: string;
  text: string;
  inner: Tree[];
}

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    name: fc.constantFrom('a', 'b', 'Content', 'access_token', 'list_2'),
    text: fc.string({ unit: 'grapheme' }).filter((one) => !one.includes(']]>')),
    inner: fc.oneof({ depthSize: 'small' }, fc.constant<Tree[]>([]), fc.array(tie('tree'), { maxLength: 3 })),
  }),
}));

const written = ({ name, text: own, inner }: Tree): string =>
  `<${name}>${own === '' ? '' : `<![CDATA[${own}]]>`}${inner.map(written).join('')}</${name}>`;
const expected = ({ name, text: own, inner }: Tree): CallbackElement =>
  name === 'access_token' ? text(name, '') : { name, text: own, elements: inner.map(expected) };

it('Every text of a callback is in its event, besides those of secrets, at a place that depends on no number', () => {
  fc.assert(
    fc.property(fc.array(tree, { maxLength: 6 }), (trees) => {
      const { fields, elements } = xml(trees.map(written).join(''));
      const count = (name: string) => trees.filter((one) => one.name === name).length;
      const isListed = ({ name }: Tree) =>
        count(name) > 1 || trees.some((one) => one.name === name && one.inner.length > 0);
      expect(elements).toEqual(trees.filter(isListed).map(expected));
      const plain = trees.filter(({ inner }) => inner.length === 0).toReversed();
      expect(fields).toEqual(Object.fromEntries(plain.map((one) => [one.name, expected(one).text])));
    }),
  );
});
