import jpeg from 'jpeg-js';
import { encode } from 'uqr';
import type { Call } from '../model/api.js';
import type { MiniProgram } from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';

const PIXELS_PER_MODULE = 6;
const QUIET_MODULES = 4;
const MAX_CACHED = 500;
/** The capacity of one QR code, with some room for the appid. */
const MAX_PATH_BYTES = 1024;

const drawn = new Map<string, Buffer>();

/** GET wxa/get_qrcode (section 2): a JPEG whose QR code contains appid and path of the trial version. */
export function getQrCode(app: MiniProgram, { query }: Call): Outcome {
  if (!app.trial) return reject(86001);
  const path = query.get('path') ?? '';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return reject(40097);
  return done({
    image: cached(
      `https://open.weixin.qq.com/sns/getexpappinfo?appid=${app.appid}&path=${encodeURIComponent(path)}`,
    ),
  });
}

/**
 * POST cgi-bin/material/get_material: a screenshot of one of the mini-program's audits, as a QR code of its media id. 40007 for
 * the id of another mini-program or one that has expired.
 */
export function getMaterial({ audits, setup }: MiniProgram, { body }: Call): Outcome {
  const mediaId = String(body.media_id ?? '');
  const isOwn = audits.some(({ screenshot }) => screenshot.split('|').includes(mediaId));
  if (mediaId === '' || !isOwn || setup.expiredMedia.includes(mediaId)) return reject(40007);
  return done({ image: cached(mediaId) });
}

function cached(text: string): Buffer {
  const image = drawn.get(text) ?? draw(text);
  if (drawn.size >= MAX_CACHED) drawn.clear();
  drawn.set(text, image);
  return image;
}

function draw(text: string): Buffer {
  const { data, size } = encode(text, { border: QUIET_MODULES });
  const width = size * PIXELS_PER_MODULE;
  const pixels = Buffer.alloc(width * width * 4, 255);
  for (let y = 0; y < width; y += 1) {
    const row = data[Math.floor(y / PIXELS_PER_MODULE)] ?? [];
    for (let x = 0; x < width; x += 1) {
      if (row[Math.floor(x / PIXELS_PER_MODULE)])
        pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return jpeg.encode({ width, height: width, data: pixels }, 80).data;
}
