import { describe, expect, it } from '@jest/globals';
import { pastedAppids, pastedOverrides } from './pasted.js';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => `wx${letter.repeat(16)}`) as [string, string, string];

describe('pastedAppids', () => {
  it('Any separators are understood, duplicates are one, and malformed ones are named with their lines', () => {
    const text = `${A}, ${B};"${C}"\r\n\t${B}，WX1234\n\n${A}、${A.slice(0, -1)} <script>`;
    expect(pastedAppids(text)).toEqual({
      appids: [A, B, C],
      refused: [
        { line: 2, text: 'WX1234' },
        { line: 4, text: A.slice(0, -1) },
        { line: 4, text: '<script>' },
      ],
    });
  });

  it('A text without appids has none', () => {
    expect(pastedAppids(' \n,')).toEqual({ appids: [], refused: [] });
  });
});

describe('pastedOverrides', () => {
  const read = (text: string) =>
    pastedOverrides(text).overrides.map(({ appid, extPatchJson, wave }) => [appid, extPatchJson, wave]);

  it.each([
    ['a patch in quotes', `${A},"{""ext"":{""a"":1,""b"":""x, y""}}"`, [A, '{"ext":{"a":1,"b":"x, y"}}', 0]],
    ['a patch without quotes', `${A},{"ext":{"a":["x","y","z"]}}`, [A, '{"ext":{"a":["x","y","z"]}}', 0]],
    ['a patch and a wave', `${A},{"a":1,"b":2},3`, [A, '{"a":1,"b":2}', 3]],
    ['only a wave', `${A},,2`, [A, '', 2]],
    ['only an appid', A, [A, '', 0]],
    ['columns of a spreadsheet', `${A}\t"{""a"":1}"\t2`, [A, '{"a":1}', 2]],
    ['a patch of several lines', `${A},"{\n""a"": 1\n}",1`, [A, '{\n"a": 1\n}', 1]],
  ])('A row with %s is read', (_, row, expected) => {
    expect(read(row)).toEqual([expected]);
    expect(read(`appid,ext,wave\r\n${row}\r\n${B}\r\n`)).toEqual([expected, [B, '', 0]]);
  });

  it('Duplicates and malformed rows are named with their lines', () => {
    const text = `${A},"{""a"":\n1}"\n${B},{"a":}\n\n${A}\nwx1,{}\n${C},[1]\n${C},{"a":"x"`;
    expect(pastedOverrides(text)).toEqual({
      overrides: [{ appid: A, extPatchJson: '{"a":\n1}', wave: 0 }],
      refused: [
        { line: 3, text: `${B},{"a":}` },
        { line: 5, text: A },
        { line: 6, text: 'wx1,{}' },
        { line: 7, text: `${C},[1]` },
        { line: 8, text: `${C},{"a":"x"` },
      ],
    });
  });

  it('A heading is left out, a malformed first row is not', () => {
    expect(pastedOverrides('小程序,补丁').refused).toEqual([]);
    expect(pastedOverrides('wx12,{}').refused).toHaveLength(1);
  });
});
