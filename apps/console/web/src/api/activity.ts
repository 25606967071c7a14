const RECENT_MS = 60_000;

let actedAt = Number.NEGATIVE_INFINITY;
for (const event of ['pointerdown', 'pointermove', 'keydown', 'wheel'])
  document.addEventListener(event, () => (actedAt = performance.now()), { passive: true, capture: true });

/** Whether somebody is at the screen: what is read for an empty chair does not keep a session alive. */
export function isUserActive(): boolean {
  return performance.now() - actedAt < RECENT_MS;
}
