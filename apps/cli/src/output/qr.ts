import { styleText } from 'node:util';
import jpeg from 'jpeg-js';
import * as jsqr from 'jsqr';
import { PNG } from 'pngjs';
import { renderUnicodeCompact } from 'uqr';

/** jsqr is CommonJS and sets `exports.default`: Node imports that under a second `default`. */
const { default: decode } = jsqr.default as unknown as { default: typeof import('jsqr').default };

const BORDER = 2;
/** WeChat's images have 430 pixels a side. */
const MAX_PIXELS = 4_000_000;

/** A QR code in half blocks, white on black if the terminal has colours; undefined if the text is too long for one. */
export function drawQrCode(text: string): string | undefined {
  try {
    const drawn = renderUnicodeCompact(text, { border: BORDER });
    return drawn
      .split('\n')
      .map((line) => styleText(['whiteBright', 'bgBlack'], line, { stream: process.stdout }))
      .join('\n');
  } catch {
    return undefined;
  }
}

/** The text of the QR code in an image; undefined if it has none, or is neither PNG nor JPEG. */
export function textOfQrCode(image: Buffer): string | undefined {
  try {
    const { data, width, height } = pixelsOf(image);
    return decode(new Uint8ClampedArray(data), width, height)?.data || undefined;
  } catch {
    return undefined;
  }
}

function pixelsOf(image: Buffer): { data: Uint8Array; width: number; height: number } {
  if (image.readUInt32BE(0) !== 0x89504e47)
    return jpeg.decode(image, { maxResolutionInMP: MAX_PIXELS / 1e6, maxMemoryUsageInMB: 64 });
  // The header of a PNG begins with its size.
  if (image.readUInt32BE(16) * image.readUInt32BE(20) > MAX_PIXELS) throw new Error('image too large');
  return PNG.sync.read(image);
}
