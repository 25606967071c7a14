import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { PersistedState, SimComponent } from './component.js';

const WRITE_AFTER_MS = 50;

/**
 * Persists the platform's tickets, tokens and authorizations over a restart. Changes immediately before a kill
 * may be lost.
 */
export class ComponentFile {
  private timer: NodeJS.Timeout | undefined;

  /** Reads the file if it exists. Throws if it cannot be parsed. */
  constructor(
    private readonly path: string,
    private readonly component: SimComponent,
  ) {
    const state = read(path);
    if (state) component.restore(state);
    component.onChange = () => {
      this.timer ??= setTimeout(() => this.write(), WRITE_AFTER_MS);
    };
  }

  close(): void {
    if (this.timer) this.write();
  }

  /** Written atomically: after a kill the file has the old or the new state. */
  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const next = `${this.path}.next`;
    writeFileSync(next, JSON.stringify(this.component.persistedState(Date.now())), { mode: 0o600 });
    renameSync(next, this.path);
  }
}

function read(path: string): PersistedState | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PersistedState;
  } catch (error) {
    throw new Error(`SIM_STATE_FILE cannot be read: ${String(error)}`);
  }
}
