/** What spec files of this process share by a name: `start` is called for the first of them. */
export function share<T>(
  name: string,
  start: () => Promise<T>,
  stop: (started: T) => Promise<void>,
): Promise<T>;
