import { useSearchParams } from 'react-router';

/** The filters of a list, which are the parameters of the address. */
export function useFilters() {
  const [parameters, setParameters] = useSearchParams();
  return {
    parameters,
    /** The value of one; empty without it. */
    given: (name: string): string => parameters.get(name) ?? '',
    /** Changes some. Those without a value leave the address. @param replace whether the list before it is not come back to. */
    set(values: Record<string, string | readonly string[] | undefined>, replace = false): void {
      // The address is newer than what was rendered if two are changed in quick succession.
      const after = new URLSearchParams(window.location.search);
      for (const [name, value = ''] of Object.entries(values)) {
        after.delete(name);
        for (const one of [value].flat()) if (one !== '') after.append(name, one);
      }
      setParameters(after, { replace });
    },
  };
}
