const running = new Map();
const faults = [];

/** What spec files of this process share by a name: `start` is called for the first of them. */
export function share(name, start, stop) {
  if (!running.has(name)) running.set(name, { started: start(), stop });
  return running.get(name).started;
}

/** Stops what no further file of this process needs, by default all. Returns what was wrong with it so far. */
export async function stopShared(names = [...running.keys()]) {
  for (const name of names) {
    const { started, stop } = running.get(name) ?? {};
    running.delete(name);
    await started?.then(stop).catch(({ stack }) => faults.push(`${name}: ${stack}`));
  }
  return faults;
}
