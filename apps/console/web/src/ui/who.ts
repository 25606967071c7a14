/** Who acted: the person as the caller states it, and the caller, which alone is certain. */
export function whoOf({ onBehalfOf, caller }: { onBehalfOf: string; caller: string }): string {
  return onBehalfOf && caller ? `${onBehalfOf} (${caller})` : onBehalfOf || caller;
}
