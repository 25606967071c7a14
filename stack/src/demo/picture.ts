import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Saves the QR code in the system's temporary folder, where it outlives the demo, and answers its path. */
export async function savePicture(appid: string, image: Uint8Array, contentType: string): Promise<string> {
  const kind = contentType === 'image/png' ? 'png' : 'jpg';
  const path = join(tmpdir(), `trial-qr-${appid}.${kind}`);
  // A file that is there already is not ours.
  await writeFile(path, image, { flag: 'wx' });
  return path;
}
