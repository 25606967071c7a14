import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Debian's Chromium. Throws if it is not installed. */
export function startChromium(): Promise<Browser> {
  if (!existsSync(PROGRAM))
    throw new Error(`${PROGRAM} does not exist: install Debian's packages chromium and fonts-noto-cjk`);
  return chromium.launch({ executablePath: PROGRAM, args: FLAGS });
}
