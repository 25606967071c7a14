/** A list after some were added and others removed, in its order. */
export function listAfter(list: readonly string[], add: readonly string[], remove: readonly string[]) {
  return [...new Set([...list, ...add])].filter((one) => !remove.includes(one));
}

/** A list as it is now with what was edited of an older read of it: what others have changed since stays. */
export function withEdits(now: readonly string[], before: readonly string[], edited: readonly string[]) {
  const added = edited.filter((one) => !before.includes(one));
  const removed = before.filter((one) => !edited.includes(one));
  return listAfter(now, added, removed);
}
