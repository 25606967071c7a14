/** An idempotency key. Unlike `crypto.randomUUID` it needs no secure context. */
export function newRequestId(): string {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  return `console-${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
