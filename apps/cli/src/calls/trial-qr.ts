import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, UsageError } from '../exit-codes.js';
import { methodOf } from '../gateway/descriptors.js';
import { withGateway } from '../gateway/gateway.js';
import { print } from '../output/print.js';
import { printable } from '../output/printable.js';
import { drawQrCode, textOfQrCode } from '../output/qr.js';
import type { CommonValues } from './call.js';
import { requestOf } from './request-flags.js';
import { durationOf } from './units.js';

const RPC = 'CodeManagement/GetTrialQrCode';

interface TrialQrCode {
  /** In base64. */
  image: string;
  contentType: string;
}

/** `wxa trial-qr`: draws the QR code of the trial version, or saves its image. */
export async function trialQr(values: CommonValues & { output?: string; timeout?: string }): Promise<number> {
  const request = requestOf(methodOf(RPC).input, { ...values });
  const deadlineMs = durationOf(values.timeout, 60_000);
  const { json, output } = values;
  return withGateway(values, async (gateway) => {
    const response = await gateway.call<TrialQrCode>(RPC, request, { deadlineMs });
    const image = Buffer.from(response.image, 'base64');
    const content = textOfQrCode(image);
    const drawn = content === undefined ? undefined : drawQrCode(content);
    if (output !== undefined || drawn === undefined) {
      const file = save(image, output ?? temporaryFile(response.contentType));
      print(json, { text: content ?? null, file, contentType: response.contentType }, file);
    } else print(json, { text: content, ...response }, `${drawn}\n${printable(content ?? '')}`);
    return EXIT.ok;
  });
}

function save(image: Buffer, file: string): string {
  try {
    writeFileSync(file, image);
    return file;
  } catch (error) {
    throw new UsageError(`--output: ${(error as Error).message}`);
  }
}

function temporaryFile(contentType: string): string {
  return join(mkdtempSync(join(tmpdir(), 'wxa-')), `trial-qr.${contentType === 'image/png' ? 'png' : 'jpg'}`);
}
