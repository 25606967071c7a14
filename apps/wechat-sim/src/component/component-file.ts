import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Component, Remembered } from './component.js';

const WRITE_AFTER_MS = 50;

/**
 * Keeps in a file what the platform was given and who authorized it, so that a restart forgets none of it; what changed
 * in the last moment before a kill is lost.
 */
export class ComponentFile {
  private timer: NodeJS.Timeout | undefined;

  /** Reads the file, where it is there already. Throws where it holds something else. */
  constructor(
    private readonly path: string,
    private readonly component: Component,
  ) {
    const remembered = read(path);
    if (remembered) component.restore(remembered);
    component.onChange = () => {
      this.timer ??= setTimeout(() => this.write(), WRITE_AFTER_MS);
    };
  }

  close(): void {
    if (this.timer) this.write();
  }

  /** In one step, so that a kill leaves the file before or the file after. */
  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const next = `${this.path}.next`;
    writeFileSync(next, JSON.stringify(this.component.remembered(Date.now())), { mode: 0o600 });
    renameSync(next, this.path);
  }
}

function read(path: string): Remembered | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Remembered;
  } catch (error) {
    throw new Error(`SIM_STATE_FILE can't be read: ${String(error)}`);
  }
}
