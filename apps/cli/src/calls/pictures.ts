import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { methodOf } from '@wxa/client';
import { EXIT, UsageError } from '../exit-codes.js';
import { withGateway } from '../gateway/gateway.js';
import { print } from '../output/print.js';
import { printable } from '../output/printable.js';
import { drawQrCode, textOfQrCode } from '../output/qr.js';
import type { CommonValues } from './call.js';
import { requestFrom } from './request-flags.js';
import { durationMs } from './units.js';

const TRIAL_QR = 'CodeManagement/GetTrialQrCode';
const SCREENSHOT = 'CodeManagement/GetAuditScreenshot';

interface TrialQrCode {
  /** In base64. */
  image: string;
  contentType: string;
}

interface AuditScreenshot {
  /** In base64. */
  content: string;
  contentType: string;
}

type Values = CommonValues & { output?: string; timeout?: string };

/** `wxa trial-qr`: draws the QR code of the trial version, or saves its image. */
export async function trialQr(values: Values): Promise<number> {
  const request = requestFrom(methodOf(TRIAL_QR).input, { ...values });
  const deadlineMs = durationMs(values.timeout, 60_000);
  const { json, output } = values;
  return withGateway(values, async (gateway) => {
    const response = await gateway.call<TrialQrCode>(TRIAL_QR, request, { deadlineMs });
    const image = Buffer.from(response.image, 'base64');
    const content = textOfQrCode(image);
    const drawn = content === undefined ? undefined : drawQrCode(content);
    if (output !== undefined || drawn === undefined) {
      const file = save(image, output ?? temporaryFile('trial-qr', response.contentType));
      print(json, { text: content ?? null, file, contentType: response.contentType }, file);
    } else print(json, { text: content, ...response }, `${drawn}\n${printable(content ?? '')}`);
    return EXIT.ok;
  });
}

/** `wxa screenshot`: saves a screenshot of a rejected audit. */
export async function screenshot(values: Values): Promise<number> {
  const request = requestFrom(methodOf(SCREENSHOT).input, { ...values });
  const deadlineMs = durationMs(values.timeout, 60_000);
  return withGateway(values, async (gateway) => {
    const { content, contentType } = await gateway.call<AuditScreenshot>(SCREENSHOT, request, { deadlineMs });
    const file = save(
      Buffer.from(content, 'base64'),
      values.output ?? temporaryFile('screenshot', contentType),
    );
    print(values.json, { file, contentType }, file);
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

function temporaryFile(name: string, contentType: string): string {
  const ending = contentType.replace('image/', '').replace('jpeg', 'jpg');
  return join(mkdtempSync(join(tmpdir(), 'wxa-')), `${name}.${ending}`);
}
