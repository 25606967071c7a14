import jsqr from 'jsqr';

const decode = jsqr as unknown as typeof jsqr.default;
const SCALE = 4;
/** The upper and the lower half of a character are light. */
const LIGHT: Record<string, [boolean, boolean]> = {
  '█': [true, true],
  '▀': [true, false],
  '▄': [false, true],
  ' ': [false, false],
};

/** What a phone reads from the lines of a terminal. */
export function textOfDrawing(lines: string[]): string | undefined {
  const modules = lines.flatMap((line) =>
    [0, 1].map((half) => [...line].map((c) => LIGHT[c]?.[half] === true)),
  );
  const [columns, rows] = [modules[0]?.length ?? 0, modules.length];
  const pixels = new Uint8ClampedArray(columns * rows * SCALE * SCALE * 4).fill(255);
  for (let y = 0; y < rows * SCALE; y += 1)
    for (let x = 0; x < columns * SCALE; x += 1)
      if (modules[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] !== true)
        pixels.fill(0, (y * columns * SCALE + x) * 4, (y * columns * SCALE + x) * 4 + 3);
  return decode(pixels, columns * SCALE, rows * SCALE)?.data;
}
